"""A speech request that is heard while it is being made: finished chunks as blocks of samples, no files."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from dataclasses import replace

import numpy as np

from api_models import TTSRequest
from core.speech_work import SpeechOrder, Workshop, speaker
from speech.assembly import spoken_chunks
from speech.audio.edges import silence
from speech.audio.live_loudness import level_chunks
from speech.cancel import CancelToken
from speech.plan import Plan
from speech.progress import ChunkDone, Observer, Planned, TakeJudged
from speech.quality import ChunkQuality, Quality, chunk_quality, summarise
from speech.samples import Samples
from speech.takes import JudgedTake

OF_FILES = (
    "num_generations", "captions", "separate_chunks", "keep_original_wav_ae", "trim", "normalize_lra",
    "title", "folder", "project",
)  # fmt: skip
"""Request fields that say something about files, or about a whole whose end must be known; without effect here."""


class LiveSpeech:
    """The audio of one order; made by `CoreEngine.stream`.

    Attributes:
        plan: of its chunks.
        ignored: fields that were set without effect.
        warnings: sentences for people that are known beforehand.
        seconds: of audio that were given out.
    """

    def __init__(
        self, asked: TTSRequest, order: SpeechOrder, workshop: Workshop, observer: Observer, cancel: CancelToken
    ) -> None:
        self.plan: Plan = order.planned.plan
        self.ignored = (*order.use.ignored, *(name for name in OF_FILES if name in asked.model_fields_set))
        self.warnings = order.warnings
        self.seconds = 0.0
        self._order = order
        self._workshop = workshop
        self._observer = observer
        self._cancel = cancel
        self._report: list[ChunkQuality] = []

    @property
    def quality(self) -> Quality:
        """Of what was given out so far."""
        return summarise(tuple(self._report))

    def blocks(self) -> Generator[Samples]:
        """The audio, a block for each chunk as soon as it is finished; to be taken once, in one thread.

        Raises:
            ChatterboxError: one of its subclasses; what was given out before is right.
        """
        loudness = self._order.finishing.loudness
        rate = self.plan.sample_rate
        with contextlib.closing(self._chunks()) as chunks:
            for index, block in enumerate(chunks if loudness is None else level_chunks(chunks, rate, loudness)):
                self.seconds += len(block) / rate
                self._observer(ChunkDone(index, len(self.plan.chunks), self.seconds))
                yield block

    def _chunks(self) -> Generator[Samples]:
        self._observer(Planned(self.plan))
        source = speaker(self._order, self._workshop, self.plan.seed, self._cancel, self._judged)
        finishing = replace(self._order.finishing, trim_ms=None, loudness=None)
        rate = self.plan.sample_rate
        before = silence(self.plan.lead_pause_ms, rate)
        position = len(before)
        with contextlib.closing(spoken_chunks(self.plan, source, finishing, early_start=True)) as spoken:
            for chunk in spoken:
                samples, after = chunk.audio.samples, silence(chunk.result.chunk.pause_after_ms, rate)
                end = position + len(samples)
                self._report.append(chunk_quality(chunk.result, position / rate, end / rate, chunk.audio.time_map))
                position = end + len(after)
                yield np.concatenate([before, samples, after])
                before = before[:0]

    def _judged(self, index: int, take: JudgedTake) -> None:
        self._observer(TakeJudged(index, take.take, take.seed, take.seconds, take.check))
