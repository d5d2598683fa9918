"""Long works: what is asked for, and what is told about them."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from api_models.base import Strict
from api_models.replies import CaptionFile
from api_models.speech import TTSRequest

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


JobRequest: TypeAlias = SpeechJob


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
