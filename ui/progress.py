"""How far a running request of the page is, added up from the events of the core."""

from __future__ import annotations

import time
from dataclasses import dataclass

from exceptions import ChatterboxError
from speech.progress import (
    ChunkDone,
    ClipMeasured,
    Event,
    Finishing,
    Joined,
    PieceConverted,
    Planned,
    Queued,
    WindowHeard,
)

MEASURING_SHARE = 0.3
"""Part of a join's bar that stands for reading its files through."""


@dataclass(frozen=True)
class Status:
    """A moment of a running request.

    Attributes:
        done: chunks or pieces finished.
        total: chunks planned, 0 while that is unknown and for recordings.
        share: of the text or the recording, 0 to 1.
        audio_seconds: of the result so far.
        elapsed: seconds since the start.
        finishing: all is spoken, the steps on the whole are under way.
        remaining: estimated seconds to go, from the text spoken so far; ``None`` before the first chunk is done.
        part: which of `parts` requests this is about, from 1.
        parts: requests that are made one after another.
        position: place among those who wait, from 1; ``None`` for who does not.
        wait_seconds: until its turn, where that is known.
        stopping: somebody pressed Stop.
        ended: nothing follows.
        error: set at the end of a failed one.
    """

    done: int
    total: int
    share: float
    audio_seconds: float
    elapsed: float
    finishing: bool = False
    remaining: float | None = None
    part: int = 1
    parts: int = 1
    position: int | None = None
    wait_seconds: float | None = None
    stopping: bool = False
    ended: bool = False
    error: ChatterboxError | None = None


class Tally:
    """What the events of one request add up to."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._ends: list[int] = []
        self._total = 0
        self._before = 0
        self._done = 0
        self._done_at = 0.0
        self._audio_seconds = 0.0
        self._share = 0.0
        self._finishing = False
        self._queued: Queued | None = None

    def add(self, event: Event) -> bool:
        """Count an event; true if there is something new to show."""
        if isinstance(event, Queued):
            self._queued = event
        elif isinstance(event, Planned):
            self._plan(event)
        elif isinstance(event, ChunkDone):
            self._note(self._before + event.index + 1, event.audio_seconds)
        elif isinstance(event, PieceConverted):
            self._note(event.index + 1, event.seconds)
            self._share = event.seconds / event.total_seconds if event.total_seconds else 0.0
        elif isinstance(event, WindowHeard):
            self._note(self._done + 1, event.seconds)
            self._share = event.seconds / event.total_seconds if event.total_seconds else 0.0
        elif isinstance(event, ClipMeasured):
            self._note(event.index + 1, 0.0)
            self._share = MEASURING_SHARE * (event.index + 1) / event.total
        elif isinstance(event, Joined):
            self._note(self._done, event.audio_seconds)
            joined = event.audio_seconds / max(event.total_seconds, 1e-3)
            self._share = MEASURING_SHARE + (1 - MEASURING_SHARE) * joined
        elif isinstance(event, Finishing):
            self._finishing = True
        else:
            return False
        return True

    def _note(self, done: int, audio_seconds: float) -> None:
        self._queued = None
        self._done, self._audio_seconds = done, audio_seconds
        self._done_at = time.perf_counter() - self._started

    def status(self) -> Status:
        """The present moment."""
        share = self._ends[self._done - 1] / self._total if self._done and self._ends else self._share
        elapsed = time.perf_counter() - self._started
        remaining = max(0.0, self._done_at / share - elapsed) if share else None
        queued = self._queued
        return Status(
            self._done, len(self._ends), min(share, 1.0), self._audio_seconds, elapsed, self._finishing, remaining,
            position=queued.position if queued else None, wait_seconds=queued.start_seconds if queued else None,
        )  # fmt: skip

    def _plan(self, event: Planned) -> None:
        self._finishing, self._queued = False, None
        self._before = (event.generation - 1) * len(event.plan.chunks)
        if self._ends:
            return
        for _ in range(event.generations):
            for chunk in event.plan.chunks:
                self._total += len(chunk.text)
                self._ends.append(self._total)
