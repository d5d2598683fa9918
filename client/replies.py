"""What the service answers; docs/api.md says what each field means. Fields that are new to this client are kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypedDict, TypeVar

Blocks = TypeVar("Blocks")

Verdict = Literal["passed", "passed_with_warnings", "failed", "not_checked"]


@dataclass(frozen=True)
class Audio:
    """Finished audio.

    Attributes:
        content: one whole file.
        media_type: such as `audio/wav`.
        url: where the service keeps the file, relative to its address.
        seed: of the result.
        verdict: of the check.
    """

    content: bytes
    media_type: str
    url: str
    seed: int
    verdict: Verdict

    def save(self, path: Path | str) -> Path:
        """Write the file, and give its path."""
        path = Path(path)
        path.write_bytes(self.content)
        return path


@dataclass(frozen=True)
class LiveAudio(Generic[Blocks]):
    """Audio that is still being made.

    Attributes:
        blocks: gives the bytes of one file as they arrive.
        media_type: such as `audio/mpeg`.
        sample_rate: in Hz; `pcm` has no header that would tell it.
        seed: of the result.
    """

    blocks: Blocks
    media_type: str
    sample_rate: int
    seed: int


@dataclass(frozen=True)
class TalkEvent:
    """Something that the service told while text was written to it.

    Attributes:
        type: `audio` has bytes in `audio`; the others are those of docs/streaming.md.
        text: what is about to be heard, with `speaking`.
        audio: the next piece of the utterance's file.
        audio_seconds: length of the utterance, with `done` and `cancelled`.
        format: of the utterance, with `started`.
        sample_rate: in Hz, with `started`.
    """

    type: Literal["started", "speaking", "audio", "done", "cancelled"]
    text: str = ""
    audio: bytes = b""
    audio_seconds: float = 0.0
    format: str = ""
    sample_rate: int = 0


class OutputFile(TypedDict):
    """An audio file of a result."""

    format: str
    filename: str
    url: str
    size_bytes: int
    duration_seconds: float


class CaptionFile(TypedDict):
    """A caption file of a result."""

    format: str
    filename: str
    url: str


class Report(TypedDict):
    """A finished request whose files the service keeps."""

    message: str
    request_id: str
    output_files: list[OutputFile]
    captions: list[CaptionFile]
    generation_seed_used: int
    processing_time_seconds: float
    audio_seconds: float
    real_time_factor: float
    engine: str
    model: str
    voice: str
    watermarked: bool
    ignored_parameters: list[str]
    warnings: list[str]
    finishing: dict[str, Any]
    quality: dict[str, Any]


class Voice(TypedDict):
    """A recording in the voices folder."""

    name: str
    filename: str
    folder_path: str
    description: str
    tags: list[str]
    aliases: list[str]
    duration_seconds: float
    sample_rate: int
    format: str
    created_date: str
    audio_url: str
    preview_url: str
    is_default: bool
    quality: dict[str, Any] | None


class Page(TypedDict):
    """What all lists tell about themselves."""

    total: int
    page: int
    page_size: int
    total_pages: int
    has_next: bool


class VoicePage(Page):
    """A page of voices, by name."""

    voices: list[Voice]
    default_voice: str


class UploadedVoice(TypedDict):
    """A voice that was taken in."""

    message: str
    filename: str
    voice_metadata: Voice


class UploadedInput(TypedDict):
    """A recording that was taken in to be converted."""

    message: str
    filename: str


class Output(TypedDict):
    """A file among the outputs."""

    filename: str
    url: str
    folder_path: str
    generation_type: str
    created_date: str
    file_size_bytes: int
    duration_seconds: float
    format: str
    text: str
    quality: dict[str, Any] | None
    captions: list[CaptionFile]
    keep: bool


class OutputPage(Page):
    """A page of outputs, the newest first."""

    files: list[Output]


class Deletion(TypedDict):
    """What was deleted, or would be."""

    message: str
    deleted_files: list[str]
    deleted_count: int
    dry_run: bool


class TranscribedWord(TypedDict):
    """A word; times in seconds of the recording."""

    word: str
    start: float
    end: float


class TranscribedSegment(TypedDict):
    """A sentence; times in seconds of the recording."""

    id: int
    start: float
    end: float
    text: str
    avg_logprob: float
    compression_ratio: float


class Transcript(TypedDict):
    """What a recording says."""

    language: str
    duration: float
    text: str
    segments: list[TranscribedSegment]
    words: list[TranscribedWord]


class Health(TypedDict):
    """State of the service."""

    status: Literal["healthy", "degraded", "unhealthy"]
    ready: bool
    reason: str
    version: str
    uptime_seconds: float
    models_loaded: dict[str, bool]
    active_requests: int
    waiting_chunks: int
    warnings: list[str] | None


class Capabilities(TypedDict):
    """What the service can do as it is configured."""

    version: str
    engine: str
    engines: list[str]
    active: dict[str, Any]
    formats: list[str]
    validator: str | None
    validator_languages: list[str]
    max_text_length: int
