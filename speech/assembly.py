"""Speaks a plan chunk by chunk into a sink, holding no more than the chunks in flight."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from speech.audio.edges import silence
from speech.audio.timeline import TimeMap
from speech.finishing import FinishedChunk, FinishingRules, finish_chunk
from speech.plan import Plan, PlannedChunk
from speech.progress import ChunkDone, Observer
from speech.quality import ChunkQuality, chunk_quality
from speech.samples import Samples
from speech.takes import ChunkResult

MARK_PAUSE_MS = 1_000
"""Stands in the place of a chunk that was given up."""
ALONE: Final = 2
"""Chunks of an early start that are made one by one: whoever listens has little in hand until the second is there."""


class Sink(Protocol):
    """Takes the finished audio in order."""

    @property
    def sample_count(self) -> int:
        """Length so far."""
        ...

    def write(self, samples: Samples) -> None:
        """Append."""
        ...


class ChunkSource(Protocol):
    """Gives the audio of planned chunks: makes it (`ChunkSpeaker`), or has it already."""

    @property
    def ahead(self) -> int:
        """How many chunks are begun before the one that is waited for."""
        ...

    def begin(self, chunk: PlannedChunk) -> None:
        """Announce a chunk."""
        ...

    def finish(self, chunk: PlannedChunk) -> ChunkResult:
        """Wait for its audio; raises where the work is to stop."""
        ...

    def abandon(self) -> None:
        """Forget what was begun."""
        ...


@dataclass(frozen=True)
class Assembled:
    """What was written.

    Attributes:
        chunks: one report each, in order.
        spans: first sample of each chunk and the one after its last, pauses left out.
        seconds_cut: silence that the silence cut took.
    """

    chunks: tuple[ChunkQuality, ...]
    spans: tuple[tuple[int, int], ...]
    seconds_cut: float


@dataclass(frozen=True)
class SpokenChunk:
    """A chunk that is ready to be heard."""

    result: ChunkResult
    audio: FinishedChunk


def spoken_chunks(
    plan: Plan, source: ChunkSource, rules: FinishingRules, *, early_start: bool = False
) -> Generator[SpokenChunk]:
    """Get and finish every chunk, in order.

    The next chunk is begun before the present one is waited for, so that model and validator work at the same time;
    an engine that batches gets as many chunks ahead as it takes at once.

    Args:
        plan: what to speak.
        source: of the chunks' audio.
        rules: steps on each chunk.
        early_start: have the first chunks as soon as possible: nothing shares the machine with each of the first
            `ALONE`.

    Raises:
        GenerationError, CancelledError, DeadlineExceededError, ModelLoadError, QueueFullError: nothing more comes.
    """
    chunks = plan.chunks
    begun = 0
    try:
        for index, chunk in enumerate(chunks):
            ahead = 0 if early_start and index < ALONE else source.ahead
            while begun < len(chunks) and begun <= index + ahead:
                source.begin(chunks[begun])
                begun += 1
            result = source.finish(chunk)
            yield SpokenChunk(result, _finished(result, plan.sample_rate, rules))
    finally:
        source.abandon()


def speak_plan(
    plan: Plan,
    source: ChunkSource,
    rules: FinishingRules,
    sink: Sink,
    observer: Observer,
    originals: Sequence[Sink] = (),
) -> Assembled:
    """Append every chunk with the pause that follows it.

    Args:
        plan: what to speak.
        source: of the chunks' audio.
        rules: steps on each chunk.
        sink: gets the audio.
        observer: told of every finished chunk.
        originals: get the audio before the silence cut and the stretching.

    Raises:
        ChatterboxError: as of `spoken_chunks`; nothing more is written, the caller discards the sink.
    """
    rate = plan.sample_rate
    seconds_cut = 0.0
    report: list[ChunkQuality] = []
    spans: list[tuple[int, int]] = []
    _pause(plan.lead_pause_ms, rate, (sink, *originals))
    with contextlib.closing(spoken_chunks(plan, source, rules)) as spoken:
        for index, chunk in enumerate(spoken):
            start = sink.sample_count
            sink.write(chunk.audio.samples)
            for original in originals:
                original.write(chunk.audio.uncut)
            spans.append((start, sink.sample_count))
            seconds_cut += chunk.audio.seconds_cut
            report.append(chunk_quality(chunk.result, start / rate, sink.sample_count / rate, chunk.audio.time_map))
            pause_ms = chunk.result.chunk.pause_after_ms
            _pause(pause_ms, rate, (sink, *originals))
            observer(ChunkDone(index, len(plan.chunks), sink.sample_count / rate, chunk.audio.samples, pause_ms))
    return Assembled(tuple(report), tuple(spans), seconds_cut)


def _finished(result: ChunkResult, sample_rate: int, rules: FinishingRules) -> FinishedChunk:
    if result.kept is not None:
        return finish_chunk(result.kept.repaired.samples, sample_rate, rules)
    pause = silence(MARK_PAUSE_MS, sample_rate)
    return FinishedChunk(pause, pause, TimeMap.identity(MARK_PAUSE_MS / 1000), 0.0)


def _pause(milliseconds: int, sample_rate: int, sinks: Sequence[Sink]) -> None:
    for sink in sinks:
        sink.write(silence(milliseconds, sample_rate))
