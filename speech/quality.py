"""The report on a finished request: verdict, word error rate and what happened to each chunk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from speech.audio.timeline import TimeMap
from speech.takes import ChunkResult
from speech.validation.protocol import Word

Verdict: TypeAlias = Literal["passed", "passed_with_warnings", "failed", "not_checked"]


@dataclass(frozen=True)
class ChunkQuality:
    """One chunk of the result; times in seconds of the result.

    `spoken` is false where the chunk was given up and a pause stands in its place.
    """

    index: int
    text: str
    voice: str
    start: float
    end: float
    takes: int
    spoken: bool
    seed: int | None
    score: float | None
    wer: float | None
    transcript: str | None
    words: tuple[Word, ...]
    repairs: tuple[str, ...]
    warnings: tuple[str, ...]
    passed: bool | None

    def moved(self, by: float, latest: float) -> ChunkQuality:
        """The same, `by` seconds later, all times kept within 0 and `latest`."""

        def move(seconds: float) -> float:
            return round(min(max(seconds + by, 0.0), latest), 3)

        words = tuple(replace(word, start=move(word.start), end=move(word.end)) for word in self.words)
        return replace(self, start=move(self.start), end=move(self.end), words=words)


@dataclass(frozen=True)
class Quality:
    """Of the whole result.

    `wer` is the mean over the chunks that were transcribed, weighted by their words; ``None`` if none was.
    """

    verdict: Verdict
    wer: float | None
    chunks: tuple[ChunkQuality, ...]


def chunk_quality(result: ChunkResult, start: float, end: float, finishing: TimeMap) -> ChunkQuality:
    """Describe a chunk that lies from `start` to `end` in the result.

    Args:
        result: what the chunk ended with.
        start: seconds of the result.
        end: seconds of the result.
        finishing: from the repaired take to the chunk as it lies in the result.
    """
    kept = result.kept
    check = kept.take.check if kept else None
    words: tuple[Word, ...] = ()
    if kept is not None and check is not None:
        times = kept.repaired.time_map.then(finishing)
        words = tuple(_placed(word, times, start, end) for word in check.words)
    return ChunkQuality(
        index=result.chunk.index,
        text=result.chunk.text,
        voice=result.chunk.voice,
        start=round(start, 3),
        end=round(end, 3),
        takes=result.takes,
        spoken=kept is not None,
        seed=kept.take.seed if kept else None,
        score=round(check.score, 4) if check else None,
        wer=check.wer if check else None,
        transcript=check.transcript if check else None,
        words=words,
        repairs=kept.repaired.repairs if kept else (),
        warnings=_warnings(result),
        passed=check.passed if check else None if kept else False,
    )


def summarise(chunks: tuple[ChunkQuality, ...]) -> Quality:
    """One verdict for all: a chunk that failed or is missing makes it ``failed``."""
    weighted = [(chunk.wer, len(chunk.text.split())) for chunk in chunks if chunk.wer is not None]
    words = sum(count for _, count in weighted)
    wer = sum(rate * count for rate, count in weighted) / words if words else None
    return Quality(_verdict(chunks), round(wer, 4) if wer is not None else None, chunks)


def _verdict(chunks: tuple[ChunkQuality, ...]) -> Verdict:
    if any(chunk.passed is False for chunk in chunks):
        return "failed"
    if any(chunk.passed is None for chunk in chunks):
        return "not_checked"
    return "passed_with_warnings" if any(chunk.warnings for chunk in chunks) else "passed"


def _warnings(result: ChunkResult) -> tuple[str, ...]:
    check = result.kept.take.check if result.kept else None
    own = check.warnings if check else ()
    missing = () if result.kept else ("not_spoken",)
    faults = ("engine_fault",) if result.faults else ()
    return (*own, *missing, *faults)


def _placed(word: Word, times: TimeMap, earliest: float, latest: float) -> Word:
    start = min(max(earliest + times(word.start), earliest), latest)
    end = min(max(earliest + times(word.end), start), latest)
    return Word(word.text, round(start, 3), round(end, 3), word.probability)
