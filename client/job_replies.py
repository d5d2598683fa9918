"""What the service answers about long works; docs/jobs.md says what each field means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from client.replies import CaptionFile, OutputFile, Verdict

JobState = Literal["queued", "running", "paused", "assembling", "done", "failed", "cancelled"]


@dataclass(frozen=True)
class JobEvent:
    """Something that happened to a job.

    Attributes:
        id: from which a listener can go on.
        event: `state`, `chunk` or `redo`.
        data: what happened; docs/jobs.md lists it.
    """

    id: str
    event: str
    data: dict[str, Any]


class JobProgress(TypedDict):
    """How far a job has come."""

    chunks: int
    chunks_done: int
    chunks_failed: int
    share: float
    audio_seconds: float
    eta_seconds: float | None


class JobResult(TypedDict):
    """What a finished job made."""

    output_files: list[OutputFile]
    captions: list[CaptionFile]
    audio_seconds: float
    quality_verdict: Verdict
    wer: float | None
    generation_seed_used: int
    warnings: list[str]


class Job(TypedDict):
    """A job as it stands."""

    id: str
    type: str
    title: str
    state: JobState
    reason: str | None
    message: str | None
    priority: int
    progress: JobProgress
    created: str
    started: str | None
    finished: str | None
    result: JobResult | None


class JobPage(TypedDict):
    """A page of jobs, the newest first."""

    jobs: list[Job]
    page: int
    page_size: int
    total: int


class JobChunk(TypedDict):
    """One chunk of a job."""

    number: int
    part: int
    text: str
    voice: str
    state: Literal["pending", "leased", "done", "failed"]
    seed: int
    audio_seconds: float | None
    passed: bool | None


class JobChunkPage(TypedDict):
    """A page of the chunks of a job, in their order."""

    chunks: list[JobChunk]
    page: int
    page_size: int
    total: int


class Estimate(TypedDict):
    """What a job would come to."""

    chunks: int
    chunks_spoken_already: int
    characters: int
    audio_seconds: float
    work_seconds: float | None
    disk_bytes: int
    free_bytes: int
    warnings: list[str]


class Chapter(TypedDict):
    """A chapter of a book; `skipped` says why it is left out unless it is asked for."""

    index: int
    title: str
    characters: int
    words: int
    opening: str
    skipped: str


class Book(TypedDict):
    """A book as it was understood."""

    id: str
    title: str
    author: str
    language: str
    has_cover: bool
    characters: int
    chapters: list[Chapter]
