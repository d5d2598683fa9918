"""The states of jobs and chunks, and which may follow which."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

JobState: TypeAlias = Literal["queued", "running", "paused", "assembling", "done", "failed", "cancelled"]
ChunkState: TypeAlias = Literal["pending", "leased", "done", "failed"]

JOB_STATES: Final[tuple[JobState, ...]] = (
    "queued",
    "running",
    "paused",
    "assembling",
    "done",
    "failed",
    "cancelled",
)
CHUNK_STATES: Final[tuple[ChunkState, ...]] = ("pending", "leased", "done", "failed")

BEFORE: Final[dict[JobState, tuple[JobState, ...]]] = {
    "queued": ("paused", "failed", "done", "assembling"),
    "running": ("queued",),
    "paused": ("queued", "running", "assembling"),
    "assembling": ("queued", "running"),
    "done": ("assembling",),
    "failed": ("queued", "running", "assembling"),
    "cancelled": ("queued", "running", "paused", "assembling"),
}
"""From which states a job may come into each; from assembling back to queued if the audio of a chunk is gone."""

ENDED: Final[tuple[JobState, ...]] = ("done", "failed", "cancelled")
WORKABLE: Final[tuple[JobState, ...]] = ("queued", "running")
"""Jobs whose chunks are handed out."""
