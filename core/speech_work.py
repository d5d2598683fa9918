"""One admitted speech request from its plan to its files: takes, finishing, captions, sidecars."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from api_models import TTSRequest
from core.chunk_files import ChunkFiles
from core.records import tags_of, write_records
from core.request_rules import EngineUse, take_rules
from core.results import GenerationResult, SpeechResult
from library.outputs import OutputStore
from library.result_files import Place, Recording, ResultFiles
from speech.assembly import Assembled, ChunkSource, Sink, speak_plan
from speech.cancel import CancelToken
from speech.engines.protocol import Capabilities
from speech.finishing import FinishingRules, plan_whole, whole_blocks
from speech.lane import INTERACTIVE, Lane
from speech.plan import SEED_LIMIT, Plan
from speech.planning import PlannedSpeech
from speech.progress import Finishing, Observer, Planned, TakeJudged
from speech.quality import summarise
from speech.spool import Spool
from speech.takes import ChunkSpeaker, JudgedTake, TakeReport
from speech.validation.protocol import Validator


@dataclass(frozen=True)
class Workshop:
    """What every request works with: the model's lane, the outputs, a folder for audio under way."""

    lane: Lane
    outputs: OutputStore
    temp_dir: Path

    @property
    def capabilities(self) -> Capabilities:
        """Of the engine that speaks."""
        return self.lane.engine.capabilities


@dataclass(frozen=True)
class SpeechOrder:
    """One request, ready to be carried out.

    Attributes:
        request: with the operator's defaults.
        planned: its plan with the base seed.
        use: what reaches the engine.
        finishing: steps on the audio.
        validator: checks its takes, ``None`` for no checking.
        name: begins the names of its files.
        warnings: sentences for people that are known beforehand.
    """

    request: TTSRequest
    planned: PlannedSpeech
    use: EngineUse
    finishing: FinishingRules
    validator: Validator | None
    name: str
    warnings: tuple[str, ...]


SourceMaker: TypeAlias = Callable[[TakeReport, CancelToken], ChunkSource]
"""Makes the source of an order's chunks; the report is to be told of their takes."""


def speaker(
    order: SpeechOrder,
    workshop: Workshop,
    seed: int,
    cancel: CancelToken,
    report: TakeReport,
    *,
    rendering: int = 0,
    priority: int = INTERACTIVE,
) -> ChunkSpeaker:
    """Speaks the chunks of an order.

    Args:
        order: whose rules and validator count.
        workshop: has the lane.
        seed: base seed of the takes.
        cancel: stops it.
        report: told of each take.
        rendering: which whole result this is, from 0.
        priority: in the lane.
    """
    rules = take_rules(order.request, rendering)
    return ChunkSpeaker(workshop.lane, order.validator, seed, rules, cancel, report, priority)


def carry_out(
    order: SpeechOrder,
    workshop: Workshop,
    observer: Observer,
    cancel: CancelToken,
    source: SourceMaker | None = None,
) -> SpeechResult:
    """Speak an order into files; either all of them appear or none.

    Args:
        order: what to speak.
        workshop: with what.
        observer: told of the progress.
        cancel: stops the work.
        source: of audio that was made before, for an order of one generation; without it the engine speaks.

    Raises:
        ChatterboxError: one of its subclasses.
    """
    started = time.perf_counter()
    plan, count = order.planned.plan, order.request.num_generations
    stem = workshop.outputs.new_stem(order.name, plan.seed)
    made: list[GenerationResult] = []
    with workshop.outputs.result(order.request.folder or "") as files:
        for number in range(1, count + 1):
            own = stem if count == 1 else f"{stem}_gen{number}"
            seeded = replace(plan, seed=_seed_after(plan.seed, number - 1))
            generation = _Generation(order, workshop, files, own, number, source).make(seeded, observer, cancel)
            write_records(files, own, order, workshop.capabilities, generation)
            made.append(generation)
    return SpeechResult(
        generations=tuple(made),
        files=files.stored,
        texts=files.texts,
        voice=plan.chunks[0].voice,
        processing_seconds=time.perf_counter() - started,
        watermarked=order.use.watermarked,
        ignored_parameters=order.use.ignored,
        warnings=(*order.warnings, *_warnings(made)),
    )


class _Generation:
    """Makes one whole result."""

    def __init__(
        self,
        order: SpeechOrder,
        workshop: Workshop,
        files: ResultFiles,
        stem: str,
        number: int,
        source: SourceMaker | None,
    ) -> None:
        self._order = order
        self._workshop = workshop
        self._files = files
        self._stem = stem
        self._number = number
        self._given = source
        self._engine_seconds = 0.0

    def make(self, plan: Plan, observer: Observer, cancel: CancelToken) -> GenerationResult:
        """Speak `plan`, finish it and write its audio."""
        request = self._order.request
        observer(Planned(plan, self._number, request.num_generations))
        rules = self._order.finishing
        source = self._source(plan, observer, cancel)
        keeps_original = request.use_auto_editor and request.keep_original_wav_ae
        with contextlib.ExitStack() as opened:
            originals = [opened.enter_context(self._record("original", ["wav"], plan))] if keeps_original else []
            recording = opened.enter_context(self._record("result", request.export_formats, plan))
            if rules.needs_whole or request.separate_chunks:
                spool = opened.enter_context(Spool(self._workshop.temp_dir, plan.sample_rate))
                assembled = speak_plan(plan, source, rules, spool, observer, originals)
                assembled, report = self._finish_whole(assembled, spool, recording, rules, plan, observer, cancel)
            else:
                assembled = speak_plan(plan, source, rules, recording, observer, originals)
                report = {}
        return GenerationResult(
            number=self._number,
            seed=plan.seed,
            audio_seconds=recording.seconds,
            engine_seconds=self._engine_seconds,
            quality=summarise(assembled.chunks),
            finishing={**_chunk_steps(rules, assembled), **report},
        )

    def _source(self, plan: Plan, observer: Observer, cancel: CancelToken) -> ChunkSource:
        def report(index: int, take: JudgedTake) -> None:
            self._engine_seconds += take.seconds
            observer(TakeJudged(index, take.take, take.seed, take.seconds, take.check))

        if self._given is not None:
            return self._given(report, cancel)
        return speaker(self._order, self._workshop, plan.seed, cancel, report, rendering=self._number - 1)

    def _record(self, kind: Any, formats: Iterable[Any], plan: Plan) -> Recording:
        stem = self._stem if kind == "result" else f"{self._stem}_{kind}"
        return self._files.audio(stem, list(formats), plan.sample_rate, self._tags(plan), Place(kind, self._number))

    def _tags(self, plan: Plan) -> dict[str, str]:
        return tags_of(self._order.request, plan, self._workshop.capabilities)

    def _finish_whole(
        self,
        assembled: Assembled,
        spool: Spool,
        recording: Recording,
        rules: FinishingRules,
        plan: Plan,
        observer: Observer,
        cancel: CancelToken,
    ) -> tuple[Assembled, dict[str, Any]]:
        """Copy the spool to the result through the steps on the whole; times move with the trim."""
        observer(Finishing(spool.seconds))
        whole = plan_whole(spool, plan.sample_rate, rules, cancel.raise_if_stopped)
        start = whole.start(plan.sample_rate)
        spans = tuple((max(first - start, 0), max(last - start, 0)) for first, last in assembled.spans)
        sinks: list[Sink | ChunkFiles] = [recording]
        chunk_files = None
        if self._order.request.separate_chunks:
            chunk_files = ChunkFiles(
                self._files,
                self._stem,
                self._order.request.export_formats,
                plan.sample_rate,
                spans,
                self._tags(plan),
                self._number,
            )
            sinks.append(chunk_files)
        for block in whole_blocks(spool, plan.sample_rate, whole, cancel.raise_if_stopped):
            for sink in sinks:
                sink.write(block)
        if chunk_files is not None:
            chunk_files.close()
        moved = -start / plan.sample_rate
        chunks = tuple(chunk.moved(moved, recording.seconds) for chunk in assembled.chunks)
        return replace(assembled, chunks=chunks, spans=spans), whole.report


def _chunk_steps(rules: FinishingRules, assembled: Assembled) -> dict[str, Any]:
    steps: dict[str, Any] = {}
    if rules.denoise:
        steps["denoise"] = {"method": "rnnoise"}
    if rules.silence_cut is not None:
        steps["silence_cut"] = {"seconds": round(assembled.seconds_cut, 3)}
    if rules.stretch != 1.0:
        steps["speed"] = {"factor": round(rules.stretch, 4)}
    return steps


def _seed_after(seed: int, count: int) -> int:
    """The seed `count` places on, between 1 and the highest one, past it from 1 again."""
    return (seed - 1 + count) % (SEED_LIMIT - 1) + 1


def _warnings(made: list[GenerationResult]) -> list[str]:
    found: list[str] = []
    for generation in made:
        where = f" of generation {generation.number}" if len(made) > 1 else ""
        for chunk in generation.quality.chunks:
            if not chunk.spoken:
                found.append(f"Chunk {chunk.index + 1}{where} was not spoken: {chunk.text}")
            elif chunk.passed is False:
                found.append(
                    f"Chunk {chunk.index + 1}{where} did not pass its check in {chunk.takes} takes; "
                    "the best one was kept."
                )
    return found
