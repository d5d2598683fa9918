"""Speaks a plan chunk by chunk into a recording, holding no more than the chunks in flight."""

from __future__ import annotations

from typing import Protocol

from speech.audio.edges import silence
from speech.plan import Plan
from speech.progress import ChunkDone, Observer
from speech.quality import ChunkQuality, Quality, chunk_quality, summarise
from speech.samples import Samples
from speech.takes import ChunkSpeaker

MARK_PAUSE_MS = 1_000
"""Stands in the place of a chunk that was given up."""


class Sink(Protocol):
    """Takes the finished audio in order."""

    @property
    def seconds(self) -> float:
        """Length so far."""
        ...

    def write(self, samples: Samples) -> None:
        """Append."""
        ...


def speak_plan(plan: Plan, speaker: ChunkSpeaker, sink: Sink, observer: Observer) -> Quality:
    """Generate, judge and append every chunk.

    The next chunk's first take is queued before the present one is judged, so that model and validator work at
    the same time; an engine that batches gets as many chunks ahead as it takes at once.

    Raises:
        GenerationError, CancelledError, DeadlineExceededError, ModelLoadError, QueueFullError: nothing more is
        written; the caller discards the sink.
    """
    chunks = plan.chunks
    ahead = max(1, speaker.lane.engine.capabilities.max_batch)
    begun = 0
    report: list[ChunkQuality] = []
    try:
        for index, chunk in enumerate(chunks):
            speaker.cancel.raise_if_stopped()
            while begun < len(chunks) and begun <= index + ahead:
                speaker.begin(chunks[begun])
                begun += 1
            result = speaker.finish(chunk)
            start = sink.seconds
            if result.kept is None:
                sink.write(silence(MARK_PAUSE_MS, plan.sample_rate))
            else:
                sink.write(result.kept.samples)
            report.append(chunk_quality(result, start, sink.seconds))
            sink.write(silence(chunk.pause_after_ms, plan.sample_rate))
            observer(ChunkDone(index, len(chunks), sink.seconds))
    finally:
        speaker.abandon()
    return summarise(tuple(report))
