"""The report on a finished request: verdict, word error rate and what happened to each chunk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

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
    start: float
    end: float
    takes: int
    spoken: bool
    seed: int | None
    score: float | None
    wer: float | None
    transcript: str | None
    words: tuple[Word, ...]
    warnings: tuple[str, ...]
    passed: bool | None


@dataclass(frozen=True)
class Quality:
    """Of the whole result.

    `wer` is the mean over the chunks that were transcribed, weighted by their words; ``None`` if none was.
    """

    verdict: Verdict
    wer: float | None
    chunks: tuple[ChunkQuality, ...]


def chunk_quality(result: ChunkResult, start: float, end: float) -> ChunkQuality:
    """Describe a chunk that lies from `start` to `end` in the result."""
    kept = result.kept
    check = kept.check if kept else None
    shift = start - (kept.offset if kept else 0.0)
    return ChunkQuality(
        index=result.chunk.index,
        text=result.chunk.text,
        start=round(start, 3),
        end=round(end, 3),
        takes=result.takes,
        spoken=kept is not None,
        seed=kept.seed if kept else None,
        score=round(check.score, 4) if check else None,
        wer=check.wer if check else None,
        transcript=check.transcript if check else None,
        words=tuple(_shifted(word, shift, start, end) for word in check.words) if check else (),
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
    own = result.kept.check.warnings if result.kept and result.kept.check else ()
    missing = () if result.kept else ("not_spoken",)
    faults = ("engine_fault",) if result.faults else ()
    return (*own, *missing, *faults)


def _shifted(word: Word, by: float, earliest: float, latest: float) -> Word:
    start = min(max(word.start + by, earliest), latest)
    return Word(word.text, round(start, 3), round(min(max(word.end + by, start), latest), 3), word.probability)
