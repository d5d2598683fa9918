"""Long works: what is asked for, and what is told about them."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from api_models.base import FormatName, Strict
from api_models.conversion import VCRequest
from api_models.finishing_options import FinishingOptions
from api_models.replies import CaptionFile
from api_models.speech import TTSRequest
from api_models.take_options import TakeOptions
from api_models.text_options import TextOptions

JobStateName = Literal["queued", "running", "paused", "assembling", "done", "failed", "cancelled"]


class JobOptions(Strict):
    """What every job may have beside its request."""

    priority: int = Field(0, ge=-10, le=10)
    """Jobs with a higher one are served first; those of one priority take turns. All give way to short requests."""
    webhook_url: str | None = Field(None, max_length=2000)
    """Address that is told of the end of the job, where the operator allows it."""


class SpeechJob(JobOptions):
    """A long text to be spoken into files."""

    type: Literal["tts"]
    request: TTSRequest
    """As for `POST /api/v1/tts`, with one generation; the text may be much longer."""


class AudiobookRequest(FinishingOptions, TakeOptions, TextOptions):
    """A book to be read aloud; fields that are left out take the operator's `tts_defaults`, but for the loudness."""

    book: str = Field(max_length=64)
    """Id of a book, as `POST /api/v1/books` gives it."""
    chapters: list[int] | None = Field(None, min_length=1, max_length=10_000)
    """Indexes of the chapters to read, in this order; without it all that are not skipped by rule."""
    title: str = Field("", max_length=200)
    """Instead of the book's own."""
    author: str = Field("", max_length=200)
    """Instead of the book's own."""
    cast: dict[str, str] = Field(default_factory=dict, max_length=200)
    """Voices by speaker: paragraphs that begin with `NAME:`, and `[voice:NAME]`, are spoken by that voice."""
    folder: str = Field("", max_length=1000)
    """Folder below the outputs, made if missing."""
    chapter_formats: list[FormatName] = Field(["mp3"], max_length=5)
    """Files to make of every chapter, beside the one M4B of the book."""
    captions: list[Literal["srt", "vtt"]] = Field(default_factory=list, max_length=2)
    """Caption files of the whole book."""
    chapter_pause_ms: int = Field(2000, ge=0, le=30_000)
    """Silence between two chapters of the M4B."""
    normalize_audio: bool = True
    """Bring every chapter to the same loudness."""
    normalize_level: float = Field(-19.0, ge=-70.0, le=-5.0)
    """Integrated loudness to reach, LUFS; -19 is usual for mono speech."""
    normalize_tp: float = Field(-3.0, ge=-9.0, le=0.0)
    """Highest true peak, dBTP."""


class AudiobookJob(JobOptions):
    """A book to be read into one M4B with chapters."""

    type: Literal["audiobook"]
    request: AudiobookRequest


class ConversionJob(JobOptions):
    """A long recording to be spoken again in another voice."""

    type: Literal["vc"]
    request: VCRequest
    """As for `POST /api/v1/vc`; the voice is one of the engine's or a recording of the library."""


JobRequest: TypeAlias = Annotated[SpeechJob | ConversionJob | AudiobookJob, Field(discriminator="type")]


class ChapterReply(Strict):
    """A chapter of a book."""

    index: int
    title: str
    characters: int
    words: int
    opening: str
    """Its first words."""
    skipped: str
    """Why it is left out unless it is asked for; empty if it is read."""


class BookReply(Strict):
    """A book as it was understood."""

    id: str
    title: str
    author: str
    language: str
    has_cover: bool
    characters: int
    """Of the chapters that are read."""
    chapters: list[ChapterReply]


class EstimatedPart(Strict):
    """What one chapter comes to."""

    index: int
    title: str
    chunks: int
    characters: int
    audio_seconds: float


class JobEstimate(Strict):
    """What a job would come to; nothing is stored."""

    chunks: int
    chunks_spoken_already: int
    """Chunks whose audio is there from earlier jobs."""
    characters: int
    """Of its text; 0 for a recording."""
    audio_seconds: float
    """About; from what earlier jobs came to with this engine, else from 15 characters a second."""
    work_seconds: float | None
    """About, alone on the service; unknown until a job was finished."""
    disk_bytes: int
    """About, at the most: chunks, assembly and results together."""
    free_bytes: int
    """Where the chunks lie."""
    parts: list[EstimatedPart]
    warnings: list[str]


class JobProgress(Strict):
    """How far a job has come."""

    chunks: int
    chunks_done: int
    chunks_failed: int
    share: float
    """Of the characters, 0 to 1."""
    audio_seconds: float
    """Speech that exists already."""
    eta_seconds: float | None
    """Until the last chunk is done, at the present speed; unknown until two chunks are."""


class JobPartReply(Strict):
    """A chapter, or the whole of a job without chapters."""

    index: int
    title: str


class JobFile(Strict):
    """A finished audio file of a job."""

    format: str
    filename: str
    """Relative to the outputs folder."""
    url: str
    """Where this service serves it."""
    size_bytes: int
    duration_seconds: float
    part: int | None = None
    """Index of the chapter, for files of single chapters."""


class JobResult(Strict):
    """What a finished job made."""

    output_files: list[JobFile]
    captions: list[CaptionFile]
    audio_seconds: float
    quality_verdict: Literal["passed", "passed_with_warnings", "failed", "not_checked"]
    wer: float | None
    generation_seed_used: int
    warnings: list[str]


class JobReply(Strict):
    """A job as it stands; moments are ISO 8601 in UTC."""

    id: str
    type: str
    title: str
    state: JobStateName
    reason: str | None
    """Why it stands as it does, for programs: user, disk_full, engine_changed, chunk_failed, crashes, error."""
    message: str | None
    """The same for people."""
    priority: int
    progress: JobProgress
    parts: list[JobPartReply]
    created: str
    started: str | None
    finished: str | None
    result: JobResult | None


class JobList(Strict):
    """One page of the jobs, newest first."""

    jobs: list[JobReply]
    page: int
    page_size: int
    total: int


class JobChunk(Strict):
    """One chunk of a job."""

    number: int
    """Counted through the whole job from 0; by it the chunk is made again."""
    part: int
    text: str
    voice: str
    state: Literal["pending", "leased", "done", "failed"]
    seed: int
    audio_seconds: float | None
    passed: bool | None
    """Whether its check passed; null where nothing was checked."""


class JobChunks(Strict):
    """One page of the chunks of a job."""

    chunks: list[JobChunk]
    page: int
    page_size: int
    total: int


class RedoRequest(Strict):
    """How a chunk is to be made again; without any field, with a seed that is drawn."""

    seed: int | None = Field(None, ge=1, le=2**32 - 1)
    """Base seed of its takes."""
    text: str | None = Field(None, min_length=1, max_length=10_000)
    """Instead of its text; has to fit into one chunk."""


class JobEvent(Strict):
    """Something that happened to a job."""

    id: int
    event: Literal["state", "chunk", "redo"]
    at: str
    data: dict[str, str | int | float | bool | None]


class Deleted(Strict):
    """What was deleted."""

    success: Literal[True] = True
    deleted: list[str]
