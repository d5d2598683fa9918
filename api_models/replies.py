"""Replies to speech requests, and the one shape of every failure."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import quote

from api_models.base import CaptionFormat, FormatName, Strict

OUTPUTS_URL = "/outputs"


def output_url(name: str) -> str:
    """Site-relative address of a file among the outputs, named relative to their folder."""
    return f"{OUTPUTS_URL}/{quote(name)}"


class OutputFile(Strict):
    """One audio file of a result."""

    format: FormatName
    filename: str
    """Relative to the outputs folder."""
    url: str
    """Where this service serves it."""
    size_bytes: int
    duration_seconds: float
    kind: Literal["result", "original", "chunk"] = "result"
    """The whole result, its audio before the silence cut, or one chunk of it."""
    generation: int = 1
    """Which of `num_generations` it belongs to, from 1."""
    chunk: int | None = None
    """Index of the chunk, for files of single chunks."""


class CaptionFile(Strict):
    """One caption file of a result."""

    format: CaptionFormat
    filename: str
    url: str
    generation: int = 1


class WordTime(Strict):
    """A word of the text and when it is heard, in seconds of the result."""

    word: str
    start: float
    end: float


class ChunkReport(Strict):
    """What happened to one chunk; times in seconds of the result."""

    index: int
    text: str
    voice: str
    start: float
    end: float
    spoken: bool
    """False where the chunk was given up and a pause stands in its place."""
    takes: int
    seed: int | None
    score: float | None
    wer: float | None
    transcript: str | None
    words: list[WordTime]
    repairs: list[str]
    """What was mended in the kept take: `tail_trimmed`, `head_trimmed`, `dead_air_shortened`."""
    warnings: list[str]


class QualityReport(Strict):
    """How well the result says its text."""

    verdict: Literal["passed", "passed_with_warnings", "failed", "not_checked"]
    wer: float | None
    """Word error rate of the free transcripts, where any were made."""
    chunks: list[ChunkReport]


class Generation(Strict):
    """One of several results of the same request."""

    generation: int
    """From 1."""
    seed: int
    audio_seconds: float
    quality: QualityReport


class TTSResponse(Strict):
    """A finished speech request; with `num_generations` over 1 the single values are those of the first."""

    success: bool
    message: str
    request_id: str
    output_files: list[OutputFile]
    captions: list[CaptionFile]
    generation_seed_used: int
    processing_time_seconds: float
    audio_seconds: float
    real_time_factor: float
    """Processing time over audio length, of all generations together; below 1 is faster than speech."""
    engine: str
    model: str
    voice: str
    watermarked: bool
    ignored_parameters: list[str]
    """Fields that were set but have no effect with this engine."""
    warnings: list[str]
    finishing: dict[str, Any]
    """What each finishing step did; steps that were off are left out."""
    quality: QualityReport
    generations: list[Generation]


class TextFilesResponse(Strict):
    """Finished text files: one result for all of them, or one for each."""

    success: bool
    request_id: str
    results: list[TTSResponse]


class PreviewChunk(Strict):
    """A chunk as it would be spoken."""

    index: int
    text: str
    """As the rules leave it."""
    spoken: str
    """As the engine reads it: numbers in words, pronunciations applied."""
    voice: str | None
    pause_after_ms: int


class TextPreviewResponse(Strict):
    """The text as it would be read; nothing was generated."""

    normalized: str
    chunks: list[PreviewChunk]
    engine: str
    warnings: list[str]


class ErrorBody(Strict):
    """Every failure under /api/v1 looks like this."""

    success: Literal[False] = False
    error: str
    """One sentence for people."""
    error_code: str
    """One word for programs."""
    detail: Any = None
    """Facts that help; for invalid fields a list of {field, message}."""
    timestamp: str
    request_id: str
