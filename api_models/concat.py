"""Requests that join audio files, and their reply."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, Field, field_validator, model_validator

from api_models.base import FormatName, Strict
from api_models.output_options import without_case_or_repeats
from api_models.replies import OutputFile

PresetName = Literal["podcast", "video", "archive"]
PRESETS: dict[str, dict[str, Any]] = {
    "podcast": {
        "normalize_level": -19.0,
        "trim": True,
        "pause_duration_ms": 600,
        "pause_variation_ms": 150,
        "export_formats": ["mp3"],
    },
    "video": {
        "normalize_level": -23.0,
        "trim": True,
        "pause_duration_ms": 300,
        "pause_variation_ms": 0,
        "export_formats": ["wav"],
    },
    "archive": {"normalize_levels": False, "trim": False, "pause_duration_ms": 0, "export_formats": ["flac"]},
}
"""Values of the fields that a request with that preset leaves out. -19 LUFS in one channel is what podcast directories
ask for as -16 in two; -23 is EBU R 128's."""

SHORTEST_SILENCE_MS, LONGEST_SILENCE_MS = 50, 10_000
MOST_SEGMENTS = 2_000
_VARIATION_MS = 200

_SILENCE = re.compile(r"\((\d{1,6}(?:\.\d{1,6})?)(ms|s)\)")


def silence_ms(words: str) -> float | None:
    """Milliseconds that a token such as ``(500ms)`` or ``(1.5s)`` stands for; ``None`` if it is no token.

    Raises:
        ValueError: not from 50 ms to 10 s.
    """
    token = _SILENCE.fullmatch(words)
    if token is None:
        return None
    milliseconds = float(token[1]) * (1000 if token[2] == "s" else 1)
    if not SHORTEST_SILENCE_MS <= milliseconds <= LONGEST_SILENCE_MS:
        raise ValueError(f"a silence may last from {SHORTEST_SILENCE_MS} ms to {LONGEST_SILENCE_MS // 1000} s")
    return milliseconds


class ServerFile(Strict):
    """A file below the outputs."""

    type: Literal["server_file"] = "server_file"
    source: str = Field(min_length=1, max_length=1000)
    """Its name, with its folders."""


class Upload(Strict):
    """A file that came with the request."""

    type: Literal["upload"] = "upload"
    index: int = Field(ge=0, lt=MOST_SEGMENTS)
    """Which of `uploaded_files`, from 0; one file may be used several times."""


def _silence_token(words: str) -> str:
    if silence_ms(words) is None:
        raise ValueError("a silence is written as (500ms) or (1.5s)")
    return words


class Silence(Strict):
    """A silence, instead of the automatic pause at its place."""

    type: Literal["silence"] = "silence"
    source: Annotated[str, AfterValidator(_silence_token)] = Field(examples=["(500ms)"])
    """``(500ms)`` or ``(1.5s)``, from 50 ms to 10 s."""

    @property
    def milliseconds(self) -> float:
        """Its length."""
        return silence_ms(self.source) or 0.0


Segment: TypeAlias = ServerFile | Upload | Silence
_AnySegment = Annotated[Segment, Field(discriminator="type")]


class ConcatOptions(Strict):
    """How files are joined; the rules are in docs/concat.md."""

    preset: PresetName | None = None
    """Values for the fields that are left out: for a `podcast`, for a `video`, or an `archive` that changes nothing."""
    export_formats: list[FormatName] = Field(["wav"], min_length=1, max_length=5)
    """Files to make, each encoded once from the same audio."""
    normalize_levels: bool = True
    """Bring every file to the same loudness."""
    normalize_level: float = Field(-20.0, ge=-70.0, le=-5.0)
    """That loudness in LUFS; a file whose peaks would pass -1 dBTP stays below it."""
    crossfade_ms: int = Field(0, ge=0, le=5000)
    """Overlap of two files that have no pause between them, at most half of the shorter one."""
    pause_duration_ms: int = Field(0, ge=0, le=3000)
    """Pause between two files."""
    pause_variation_ms: int = Field(_VARIATION_MS, ge=0, le=500)
    """Pauses are drawn from so much below to so much above; where it is left out, at most half of the pause."""
    trim: bool = False
    """Cut silence at both ends of every file."""
    trim_threshold_ms: int = Field(200, ge=50, le=1000)
    """Silence up to this length stays."""
    seed: int = Field(0, ge=0, le=2**32 - 1)
    """Of the pauses' lengths; 0 draws one, which the reply reports."""
    output_filename: str | None = Field(None, min_length=1, max_length=200)
    """Name of the result; an ending that names a format is left out of it."""
    folder: str | None = Field(None, max_length=1000)
    """Folder below the outputs, made if missing; empty for the outputs folder itself."""
    project: str | None = Field(None, max_length=1000)
    """Alias of `folder`."""
    response_mode: Literal["stream", "url"] | None = None
    """As the query parameter of the same name, which wins."""

    @field_validator("export_formats", mode="before")
    @classmethod
    def _formats(cls, value: Any) -> Any:
        return without_case_or_repeats(value)

    @model_validator(mode="before")
    @classmethod
    def _left_out_fields(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        preset = data.get("preset")
        full = {**PRESETS.get(preset if isinstance(preset, str) else "", {}), **data}
        pause = full.get("pause_duration_ms", 0)
        if "pause_variation_ms" not in data and isinstance(pause, int):
            full["pause_variation_ms"] = min(full.get("pause_variation_ms", _VARIATION_MS), max(pause, 0) // 2)
        return full

    @model_validator(mode="after")
    def _agreement(self) -> ConcatOptions:
        if 0 < self.pause_duration_ms <= self.pause_variation_ms:
            raise ValueError("pause_variation_ms must be less than pause_duration_ms")
        if self.folder and self.project and self.folder != self.project:
            raise ValueError("folder and its alias project contradict each other")
        return self

    @property
    def pause_range_ms(self) -> tuple[int, int]:
        """Shortest and longest automatic pause."""
        pause, variation = self.pause_duration_ms, self.pause_variation_ms
        return (pause - variation, pause + variation) if pause else (0, 0)


def _file_or_token(words: str) -> str:
    silence_ms(words)
    return words


class ConcatRequest(ConcatOptions):
    """Files of the outputs to be joined."""

    files: list[Annotated[str, AfterValidator(_file_or_token), Field(min_length=1, max_length=1000)]] = Field(
        min_length=1, max_length=MOST_SEGMENTS, examples=[["chapter1.wav", "(1.5s)", "chapter2.wav"]]
    )
    """Names below the outputs, and silences such as `(500ms)` or `(1.5s)`, from 50 ms to 10 s."""

    @model_validator(mode="after")
    def _enough(self) -> ConcatRequest:
        tokens = sum(isinstance(segment, Silence) for segment in self.segments)
        if len(self.files) - tokens < (1 if tokens else 2):
            raise ValueError("files needs two audio files, or one and a silence")
        return self

    @property
    def segments(self) -> list[Segment]:
        """The same in the other request's words."""
        return [Silence(source=words) if silence_ms(words) else ServerFile(source=words) for words in self.files]


class MixedConcatRequest(ConcatOptions):
    """Files of the outputs, uploads and silences to be joined."""

    segments: list[_AnySegment] = Field(min_length=1, max_length=MOST_SEGMENTS)

    @model_validator(mode="after")
    def _enough(self) -> MixedConcatRequest:
        if all(isinstance(segment, Silence) for segment in self.segments):
            raise ValueError("segments needs an audio file")
        return self


class TimelineSpan(Strict):
    """A stretch of the result, in seconds."""

    kind: Literal["audio", "silence", "pause"]
    """A file, a silence that was asked for, or an automatic pause."""
    segment: int | None
    """Which of the request's files or segments, from 0."""
    source: str | None
    """Name of the file."""
    start: float
    end: float
    crossfade: float = 0.0
    """Overlap with the file before it."""
    trimmed_start: float = 0.0
    """Silence that was cut off its start."""
    trimmed_end: float = 0.0
    gain_db: float = 0.0
    """By which its level was changed."""


class ConcatMetadata(Strict):
    """What was done."""

    sample_rate: int
    seed: int
    """Gives the same pauses again."""
    pauses_ms: list[int]
    """Lengths of the automatic pauses, in order."""
    files_trimmed: int
    total_silence_removed: float
    """Seconds."""
    ignored_parameters: list[str]
    """Fields that were set but have no effect beside the others."""
    timeline: list[TimelineSpan]


class ConcatResponse(Strict):
    """Joined files."""

    success: bool
    message: str
    request_id: str
    output_files: list[OutputFile]
    total_duration_seconds: float
    file_count: int
    """Audio files that were joined."""
    processing_time_seconds: float
    warnings: list[str]
    metadata: ConcatMetadata
