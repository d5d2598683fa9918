"""Makes takes of one chunk until one says its text, and picks the one to keep."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

from exceptions import GenerationError
from speech.audio import edges
from speech.cancel import CancelToken
from speech.engines.protocol import TakeRequest
from speech.lane import Lane, Take
from speech.lane_wait import wait_for
from speech.plan import PlannedChunk, derive_seed
from speech.repairs import Repaired, repair
from speech.samples import Samples
from speech.validation.protocol import Check, Expected, Validator

CandidatePolicy: TypeAlias = Literal["first_pass", "shortest", "best_score"]
OnFailure: TypeAlias = Literal["fail", "best", "mark"]


@dataclass(frozen=True)
class TakeRules:
    """How many takes may be made and which one wins.

    Attributes:
        candidates: takes per round.
        attempts: rounds at most, so a chunk costs at most ``candidates * attempts`` takes.
        policy: ``first_pass`` stops at the first take that passes; ``shortest`` and ``best_score`` make a whole
            round and choose among those that pass.
        on_failure: when no take passes: ``fail`` the request, keep the ``best`` by score, or ``mark`` the place
            with a pause.
        most_said: `best` is the take in which most of the text was heard, and only then by score.
        threshold: lowest score that passes, ``None`` for the validator's learnt rule.
        transcribe: ask the validator for a free transcript of the kept take.
        budget_seconds: no further take of a chunk is begun after so long, ``None`` for no limit.
        longest_silence: seconds of silence inside a take beyond which it is shortened; 0 leaves it.
        rendering: which whole result of the request this is, from 0; takes of an engine that draws nothing at
            random differ by it.
    """

    candidates: int = 3
    attempts: int = 3
    policy: CandidatePolicy = "first_pass"
    on_failure: OnFailure = "best"
    most_said: bool = True
    threshold: float | None = None
    transcribe: bool = False
    budget_seconds: float | None = None
    longest_silence: float = 0.0
    rendering: int = 0


@dataclass(frozen=True)
class JudgedTake:
    """One take with its verdict.

    Attributes:
        samples: as the engine made them.
        seed: the engine was given.
        take: number within the chunk, from 0.
        seconds: the engine needed.
        check: the validator's verdict, ``None`` if checking is off.
    """

    samples: Samples
    seed: int
    take: int
    seconds: float
    check: Check | None

    @property
    def passed(self) -> bool:
        """Whether it may be used; an unchecked take may."""
        return self.check is None or self.check.passed

    @property
    def score(self) -> float:
        """The validator's score, 1 when nothing was checked."""
        return 1.0 if self.check is None else self.check.score


@dataclass(frozen=True)
class KeptTake:
    """The take to use, cut to its true speech; word times of its check run through the repair's time map."""

    take: JudgedTake
    repaired: Repaired


@dataclass(frozen=True)
class ChunkResult:
    """What a chunk ended with.

    Attributes:
        chunk: as planned.
        kept: the take to use; ``None`` if the chunk is marked as not spoken.
        takes: how many were made.
        faults: messages of takes that the engine failed to make.
    """

    chunk: PlannedChunk
    kept: KeptTake | None
    takes: int
    faults: tuple[str, ...] = ()


TakeReport: TypeAlias = Callable[[int, JudgedTake], None]


@dataclass
class ChunkSpeaker:
    """Speaks planned chunks of one request over a lane.

    `begin` queues a chunk's first take without waiting, so that the model works on the next chunk while this
    thread judges the present one; `finish` waits, judges and retakes.
    """

    lane: Lane
    validator: Validator | None
    base_seed: int
    rules: TakeRules
    cancel: CancelToken
    report: TakeReport
    priority: int = 0
    _queued: dict[tuple[int, int], Future[Take]] = field(default_factory=dict)

    @property
    def ahead(self) -> int:
        """As many chunks as the engine takes at once."""
        return max(1, self.lane.engine.capabilities.max_batch)

    def begin(self, chunk: PlannedChunk) -> None:
        """Queue the chunk's first take."""
        self._queue(chunk, 0)

    def finish(self, chunk: PlannedChunk) -> ChunkResult:
        """Wait for the first take and make further ones as the rules say.

        Raises:
            GenerationError: the engine failed every time, or no take passed and the rules say ``fail``.
            CancelledError, DeadlineExceededError: the caller's token.
        """
        self.cancel.raise_if_stopped()
        started = time.monotonic()
        judged: list[JudgedTake] = []
        faults: list[str] = []
        # What draws nothing at random says much the same again; its one round varies the pace.
        rounds = self.rules.attempts if self.lane.engine.capabilities.seeded else 1
        for attempt in range(rounds):
            first = attempt * self.rules.candidates
            self._round(chunk, range(first, first + self.rules.candidates), judged, faults, started)
            winner = self._winner(judged)
            if winner is not None:
                return ChunkResult(chunk, self._kept(winner), len(judged) + len(faults), tuple(faults))
            if self._spent(started):
                break
        return self._failed(chunk, judged, faults)

    def abandon(self) -> None:
        """Take back everything queued that nobody waits for any more."""
        for future in self._queued.values():
            future.cancel()
        self._queued.clear()

    def _round(
        self, chunk: PlannedChunk, numbers: range, judged: list[JudgedTake], faults: list[str], started: float
    ) -> None:
        early = self.rules.policy == "first_pass"
        if not early:
            # All of them at once, so that an engine that batches makes them together.
            for number in numbers:
                self._queue(chunk, number)
        for number in numbers:
            if number > 0 and early and self._spent(started):
                return
            try:
                take = self._make(chunk, number)
            except GenerationError as error:
                faults.append(error.message)
                continue
            judged.append(take)
            self.report(chunk.index, take)
            if take.passed and early:
                return

    def _spent(self, started: float) -> bool:
        budget = self.rules.budget_seconds
        return budget is not None and time.monotonic() - started >= budget

    def _make(self, chunk: PlannedChunk, number: int) -> JudgedTake:
        self._queue(chunk, number)
        take = wait_for(self._queued.pop((chunk.index, number)), self.cancel)
        _refuse_unusable(take.samples)
        return JudgedTake(take.samples, self._seed(chunk, number), number, take.seconds, self._check(chunk, take))

    def _check(self, chunk: PlannedChunk, take: Take) -> Check | None:
        if self.validator is None:
            return None
        expected = Expected(chunk.text, chunk.spoken, chunk.language, chunk.parameters.get("speed", 1.0))
        rate = self.lane.engine.capabilities.sample_rate
        return self.validator.check(
            take.samples, rate, expected, threshold=self.rules.threshold, transcribe=self.rules.transcribe
        )

    def _seed(self, chunk: PlannedChunk, number: int) -> int:
        attempt, candidate = divmod(number, self.rules.candidates)
        return derive_seed(self.base_seed, chunk.content_hash, candidate, attempt)

    def _queue(self, chunk: PlannedChunk, number: int) -> None:
        if (chunk.index, number) in self._queued:
            return
        request = TakeRequest(
            text=chunk.read,
            voice=chunk.voice,
            language=chunk.language,
            seed=self._seed(chunk, number),
            parameters=chunk.parameters,
            retake=self.rules.rendering + number,
        )
        self._queued[chunk.index, number] = self.lane.submit(request, self.cancel, self.priority)

    def _winner(self, judged: list[JudgedTake]) -> JudgedTake | None:
        passing = [take for take in judged if take.passed]
        if not passing:
            return None
        if self.rules.policy == "shortest":
            return min(passing, key=lambda take: (len(self._kept(take).repaired.samples), take.take))
        return max(passing, key=lambda take: (take.score, -take.take))

    def _kept(self, take: JudgedTake) -> KeptTake:
        rate = self.lane.engine.capabilities.sample_rate
        return KeptTake(take, repair(take.samples, rate, take.check, self.rules.longest_silence))

    def _failed(self, chunk: PlannedChunk, judged: list[JudgedTake], faults: list[str]) -> ChunkResult:
        takes = len(judged) + len(faults)
        if judged and self.rules.on_failure == "best":
            return ChunkResult(chunk, self._kept(max(judged, key=self._merit)), takes, tuple(faults))
        if self.rules.on_failure == "mark":
            return ChunkResult(chunk, None, takes, tuple(faults))
        reason = "said its text" if judged else "could be generated"
        raise GenerationError(
            f"None of {takes} takes of chunk {chunk.index + 1} {reason}.",
            detail={"chunk": chunk.index, "text": chunk.text, "takes": takes, "faults": sorted(set(faults))},
        )

    def _merit(self, take: JudgedTake) -> tuple[float, float, int]:
        said = take.check.said if take.check is not None and self.rules.most_said else 1.0
        return said, take.score, -take.take


def _refuse_unusable(samples: Samples) -> None:
    if len(samples) == 0:
        raise GenerationError("The engine returned no audio.")
    if not np.isfinite(samples).all():
        raise GenerationError("The engine returned broken audio.")
    if not edges.has_sound(samples):
        raise GenerationError("The engine returned silence.")
