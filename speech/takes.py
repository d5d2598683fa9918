"""Makes takes of one chunk until one says its text, and picks the one to keep."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

from exceptions import GenerationError
from speech.audio import edges
from speech.cancel import CancelToken
from speech.engines.protocol import TakeRequest
from speech.lane import Lane, Take
from speech.plan import PlannedChunk, derive_seed
from speech.samples import Samples
from speech.trim import trim_to_speech
from speech.validation.protocol import Check, Expected, Validator

CandidatePolicy: TypeAlias = Literal["first_pass", "shortest", "best_score"]
OnFailure: TypeAlias = Literal["fail", "best", "mark"]

WAIT_STEP_SECONDS = 0.25
"""How often a waiting caller looks at its cancel token."""


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
        threshold: lowest score that passes, ``None`` for the validator's learnt rule.
        transcribe: ask the validator for a free transcript of the kept take.
    """

    candidates: int = 3
    attempts: int = 3
    policy: CandidatePolicy = "first_pass"
    on_failure: OnFailure = "best"
    threshold: float | None = None
    transcribe: bool = False


@dataclass(frozen=True)
class JudgedTake:
    """One take with its verdict.

    Attributes:
        samples: cut to the true speech.
        offset: seconds cut at the front; word times of `check` count from before the cut.
        seed: the engine was given.
        take: number within the chunk, from 0.
        seconds: the engine needed.
        check: the validator's verdict, ``None`` if checking is off.
    """

    samples: Samples
    offset: float
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
class ChunkResult:
    """What a chunk ended with.

    Attributes:
        chunk: as planned.
        kept: the take to use; ``None`` if the chunk is marked as not spoken.
        takes: how many were made.
        faults: messages of takes that the engine failed to make.
    """

    chunk: PlannedChunk
    kept: JudgedTake | None
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
    _begun: dict[int, Future[Take]] = field(default_factory=dict)

    def begin(self, chunk: PlannedChunk) -> None:
        """Queue the chunk's first take."""
        self._begun[chunk.index] = self._submit(chunk, 0, 0)

    def finish(self, chunk: PlannedChunk) -> ChunkResult:
        """Wait for the first take and make further ones as the rules say.

        Raises:
            GenerationError: the engine failed every time, or no take passed and the rules say ``fail``.
            CancelledError, DeadlineExceededError: the caller's token.
        """
        judged: list[JudgedTake] = []
        faults: list[str] = []
        for attempt in range(self.rules.attempts):
            self._round(chunk, attempt, judged, faults)
            winner = self._winner(judged)
            if winner is not None:
                return ChunkResult(chunk, winner, len(judged) + len(faults), tuple(faults))
        return self._failed(chunk, judged, faults)

    def abandon(self) -> None:
        """Take back what `begin` queued and nobody finished."""
        for future in self._begun.values():
            future.cancel()
        self._begun.clear()

    def _round(self, chunk: PlannedChunk, attempt: int, judged: list[JudgedTake], faults: list[str]) -> None:
        for candidate in range(self.rules.candidates):
            try:
                take = self._make(chunk, candidate, attempt)
            except GenerationError as error:
                faults.append(error.message)
                continue
            judged.append(take)
            self.report(chunk.index, take)
            if take.passed and self.rules.policy == "first_pass":
                return

    def _make(self, chunk: PlannedChunk, candidate: int, attempt: int) -> JudgedTake:
        begun = self._begun.pop(chunk.index, None)
        future = begun if begun is not None else self._submit(chunk, candidate, attempt)
        take = self._wait(future)
        rate = self.lane.engine.capabilities.sample_rate
        _refuse_unusable(take.samples)
        seed = derive_seed(self.base_seed, chunk.content_hash, candidate, attempt)
        check = None
        if self.validator is not None:
            speed = chunk.parameters.get("speed", 1.0)
            expected = Expected(chunk.text, chunk.spoken, chunk.language, speed)
            check = self.validator.check(
                take.samples, rate, expected, threshold=self.rules.threshold, transcribe=self.rules.transcribe
            )
        number = attempt * self.rules.candidates + candidate
        samples, offset = trim_to_speech(take.samples, rate, check)
        return JudgedTake(samples, offset, seed, number, take.seconds, check)

    def _submit(self, chunk: PlannedChunk, candidate: int, attempt: int) -> Future[Take]:
        form = self.lane.engine.capabilities.text_form
        request = TakeRequest(
            text=chunk.spoken if form == "spoken" else chunk.text,
            voice=chunk.voice,
            language=chunk.language,
            seed=derive_seed(self.base_seed, chunk.content_hash, candidate, attempt),
            parameters=chunk.parameters,
            retake=attempt * self.rules.candidates + candidate,
        )
        return self.lane.submit(request, self.cancel, self.priority)

    def _wait(self, future: Future[Take]) -> Take:
        while True:
            try:
                return future.result(timeout=WAIT_STEP_SECONDS)
            except FutureTimeoutError:
                try:
                    self.cancel.raise_if_stopped()
                except BaseException:
                    future.cancel()
                    raise

    def _winner(self, judged: list[JudgedTake]) -> JudgedTake | None:
        passing = [take for take in judged if take.passed]
        if not passing:
            return None
        if self.rules.policy == "shortest":
            return min(passing, key=lambda take: (len(take.samples), take.take))
        return max(passing, key=lambda take: (take.score, -take.take))

    def _failed(self, chunk: PlannedChunk, judged: list[JudgedTake], faults: list[str]) -> ChunkResult:
        takes = len(judged) + len(faults)
        if judged and self.rules.on_failure == "best":
            best = max(judged, key=lambda take: (take.score, -take.take))
            return ChunkResult(chunk, best, takes, tuple(faults))
        if self.rules.on_failure == "mark":
            return ChunkResult(chunk, None, takes, tuple(faults))
        reason = "said its text" if judged else "could be generated"
        raise GenerationError(
            f"None of {takes} takes of chunk {chunk.index + 1} {reason}.",
            detail={"chunk": chunk.index, "text": chunk.text, "takes": takes, "faults": sorted(set(faults))},
        )


def _refuse_unusable(samples: Samples) -> None:
    if len(samples) == 0:
        raise GenerationError("The engine returned no audio.")
    if not np.isfinite(samples).all():
        raise GenerationError("The engine returned broken audio.")
    if not edges.has_sound(samples):
        raise GenerationError("The engine returned silence.")
