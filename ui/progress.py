"""Runs one speech request in a thread and tells, as a generator, how far it is."""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from core.results import SpeechResult
from core.text_requests import NamedRequest
from core_engine import CoreEngine
from exceptions import ChatterboxError
from speech.cancel import CancelToken
from speech.progress import ChunkDone, Event, Finishing, Planned

STEP_SECONDS = 0.5
"""Longest silence between two statuses; also the longest time Stop waits for the generator."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Status:
    """A moment of a running request.

    Attributes:
        done: chunks finished.
        total: chunks planned, 0 while that is unknown.
        share: of the text that is spoken, 0 to 1.
        audio_seconds: of the result so far.
        finishing: all is spoken, the steps on the whole are under way.
        elapsed: seconds since the start.
        remaining: estimated seconds to go, from the text spoken so far; ``None`` before the first chunk is done.
        result: set at the end of a successful request.
        error: set at the end of a failed one.
    """

    done: int
    total: int
    share: float
    audio_seconds: float
    elapsed: float
    finishing: bool = False
    remaining: float | None = None
    result: SpeechResult | None = None
    error: ChatterboxError | None = None


class _Tally:
    """What the events of one request add up to."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._ends: list[int] = []
        self._total = 0
        self._before = 0
        self._done = 0
        self._done_at = 0.0
        self._audio_seconds = 0.0
        self._finishing = False

    def add(self, event: Event) -> bool:
        """Count an event; true if there is something new to show."""
        if isinstance(event, Planned):
            self._plan(event)
        elif isinstance(event, ChunkDone):
            self._done, self._audio_seconds = self._before + event.index + 1, event.audio_seconds
            self._done_at = time.perf_counter() - self._started
        elif isinstance(event, Finishing):
            self._finishing = True
        else:
            return False
        return True

    def status(self, result: SpeechResult | None = None, error: ChatterboxError | None = None) -> Status:
        """The present moment."""
        spoken = self._ends[self._done - 1] if self._done else 0
        share = spoken / self._total if self._total else 0.0
        elapsed = time.perf_counter() - self._started
        remaining = max(0.0, self._done_at / share - elapsed) if share else None
        return Status(
            self._done, len(self._ends), share, self._audio_seconds, elapsed, self._finishing, remaining, result, error
        )

    def _plan(self, event: Planned) -> None:
        self._finishing = False
        self._before = (event.generation - 1) * len(event.plan.chunks)
        if self._ends:
            return
        for _ in range(event.generations):
            for chunk in event.plan.chunks:
                self._total += len(chunk.text)
                self._ends.append(self._total)


def speak_with_progress(core: CoreEngine, item: NamedRequest) -> Iterator[Status]:
    """Yield a status whenever a chunk is done and at least twice a second; the last has result or error.

    Closing the generator, as Stop and a closed tab do, cancels the request within one chunk.
    """
    events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
    cancel = CancelToken(time.monotonic() + core.settings.server.request_timeout_seconds)
    tally = _Tally()

    def note(event: Event) -> None:
        events.put(event)

    worker = ThreadPoolExecutor(1, thread_name_prefix="page-request")
    work = worker.submit(lambda: core.tts(item.request, note, cancel, name=item.name))
    worker.shutdown(wait=False)
    work.add_done_callback(lambda _: events.put(None))
    try:
        while True:
            try:
                event = events.get(timeout=STEP_SECONDS)
            except queue.Empty:
                yield tally.status()
                continue
            if event is None:
                break
            if tally.add(event):
                yield tally.status()
    finally:
        cancel.cancel()
    yield _ending(tally, work)


def _ending(tally: _Tally, work: Future[SpeechResult]) -> Status:
    error = work.exception()
    if error is None:
        return tally.status(work.result())
    if isinstance(error, ChatterboxError):
        return tally.status(error=error)
    _log.error("A request of the page failed for an unforeseen reason.", exc_info=error)
    return tally.status(error=ChatterboxError("Something went wrong inside; the log of the service tells more."))
