"""The chunks of one spoken request, kept in memory so that single ones of them can be made again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from api_models import TTSRequest
from core.speech_work import SourceMaker, SpeechOrder, Workshop, speaker
from exceptions import InvalidRequestError, ResourceNotFoundError
from speech.assembly import ChunkSource
from speech.cancel import CancelToken
from speech.plan import SEED_LIMIT, PlannedChunk
from speech.planning import PlannedSpeech
from speech.takes import ChunkResult, ChunkSpeaker, TakeReport

MOST_SECONDS: Final = 900.0
"""Of speech that is kept, 86 MB at 24 kHz; of a longer one nothing is."""


class NothingKept:
    """Every chunk is spoken."""

    def planned(self, fresh: PlannedSpeech) -> PlannedSpeech:
        """The plan to carry out, given the one that was just made."""
        return fresh

    def source(self, order: SpeechOrder, workshop: Workshop) -> SourceMaker | None:
        """Where the chunks come from; ``None`` for the engine."""
        return None


NOTHING_KEPT: Final = NothingKept()


class KeptChunks(NothingKept):
    """Given to `CoreEngine.tts`, what was spoken once is not spoken again, but for chunks that were changed.

    For requests of one generation, one after another.
    """

    def __init__(self) -> None:
        self._planned: PlannedSpeech | None = None
        self._results: dict[int, ChunkResult] = {}
        self._seeds: dict[int, int] = {}
        self._most_samples = 0.0

    def planned(self, fresh: PlannedSpeech) -> PlannedSpeech:
        """The first plan, with the chunks that were changed since."""
        self._planned = self._planned or fresh
        self._most_samples = MOST_SECONDS * fresh.plan.sample_rate
        return self._planned

    def source(self, order: SpeechOrder, workshop: Workshop) -> SourceMaker:
        """Kept chunks, and the engine for the others."""

        def make(report: TakeReport, cancel: CancelToken) -> ChunkSource:
            def speak(seed: int) -> ChunkSpeaker:
                return speaker(order, workshop, seed, cancel, report)

            own = {index: speak(seed) for index, seed in self._seeds.items()}
            return _Source(self._results.get, self._keep, report, speak(order.planned.plan.seed), own)

        return make

    def change(self, number: int, text: str, request: TTSRequest, plan: Callable[[TTSRequest], PlannedSpeech]) -> None:
        """Have a chunk made again by the next request: with another text, or else with the next seed.

        Args:
            number: of the chunk, from 0.
            text: instead of its own; empty to leave it.
            request: the one that was spoken.
            plan: as `CoreEngine.plan`.

        Raises:
            ResourceNotFoundError: there is no such chunk, or nothing was kept.
            InvalidRequestError: the text does not fit into one chunk.
        """
        if self._planned is None or not self._results:
            raise ResourceNotFoundError("This result is too long for that; hand its text in as a job.")
        whole = self._planned.plan
        if not 0 <= number < len(whole.chunks):
            raise ResourceNotFoundError("The result has no chunk of that number.", field="number")
        if text:
            chunk = reworded(whole.chunks[number], text, request, plan)
            chunks = (*whole.chunks[:number], chunk, *whole.chunks[number + 1 :])
            self._planned = replace(self._planned, plan=replace(whole, chunks=chunks))
        else:
            self._seeds[number] = self._seeds.get(number, whole.seed) % (SEED_LIMIT - 1) + 1
        self._results.pop(number, None)

    def _keep(self, result: ChunkResult) -> None:
        kept = result.kept
        if kept is not None:
            # What the engine made around the mended take is needed no more.
            take = replace(kept.take, samples=kept.repaired.samples)
            result = replace(result, kept=replace(kept, take=take))
            self._most_samples -= len(take.samples)
        if self._most_samples < 0:
            self._results.clear()
        else:
            self._results[result.chunk.index] = result


def reworded(
    chunk: PlannedChunk, text: str, request: TTSRequest, plan: Callable[[TTSRequest], PlannedSpeech]
) -> PlannedChunk:
    """A planned chunk with another text, in the same voice and place.

    Args:
        chunk: as it was planned.
        text: to be said instead.
        request: by whose fields it is spoken.
        plan: as `CoreEngine.plan`.

    Raises:
        InvalidRequestError: the text does not fit into one chunk.
    """
    fields = {**request.model_dump(exclude_unset=True), "text": text, "voice": chunk.voice}
    fields.pop("reference_audio_filename", None)
    planned = plan(TTSRequest.model_validate(fields)).plan.chunks
    if len(planned) != 1:
        raise InvalidRequestError("The new text does not fit into one chunk.", field="text")
    return replace(planned[0], index=chunk.index, pause_after_ms=chunk.pause_after_ms)


class _Source:
    def __init__(
        self,
        find: Callable[[int], ChunkResult | None],
        keep: Callable[[ChunkResult], None],
        report: TakeReport,
        speaks: ChunkSpeaker,
        own: dict[int, ChunkSpeaker],
    ) -> None:
        self._find = find
        self._keep = keep
        self._report = report
        self._speaks = speaks
        self._own = own
        self.ahead = speaks.ahead

    def begin(self, chunk: PlannedChunk) -> None:
        if self._find(chunk.index) is None:
            self._speaker(chunk).begin(chunk)

    def finish(self, chunk: PlannedChunk) -> ChunkResult:
        known = self._find(chunk.index)
        if known is None:
            made = self._speaker(chunk).finish(chunk)
            self._keep(made)
            return made
        if known.kept is not None:
            self._report(chunk.index, known.kept.take)
        return known

    def abandon(self) -> None:
        for one in (self._speaks, *self._own.values()):
            one.abandon()

    def _speaker(self, chunk: PlannedChunk) -> ChunkSpeaker:
        return self._own.get(chunk.index, self._speaks)
