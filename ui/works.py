"""Requests of the page that run in threads of their own, so that a reloaded page finds its own again."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Generic, TypeAlias, TypeVar

import numpy as np

from exceptions import ChatterboxError
from speech.audio.edges import silence
from speech.cancel import CancelToken
from speech.progress import ChunkDone, Event, Observer
from speech.samples import Samples
from ui.progress import Status, Tally

STEP_SECONDS = 0.5
"""Longest silence between two statuses; also the longest time a closed page goes unnoticed here."""
GRACE_SECONDS = 8.0
"""How long a work goes on that nobody looks at, so that a page may be reloaded."""
KEEP_SECONDS = 600.0
"""How long the result of a work waits for a page that comes back."""

Result = TypeVar("Result")
Part: TypeAlias = Callable[[Observer, CancelToken], Result]
"""One request of the core; gets the observer to tell and the token that stops it."""

_log = logging.getLogger(__name__)


class Work(Generic[Result]):
    """Requests that are carried out one after another; begins at once.

    Args:
        parts: at least one.
        most_seconds: longest time of each.
    """

    def __init__(self, parts: Sequence[Part[Result]], most_seconds: float) -> None:
        self.results: list[Result] = []
        self.ended_at: float | None = None
        self._parts = parts
        self._most_seconds = most_seconds
        self._tally = Tally()
        self._part = 1
        self._token = CancelToken(time.monotonic() + most_seconds)
        self._stopping = False
        self._heard: list[ChunkDone] = []
        self._news = 0
        self._followers = 0
        self._changed = threading.Condition()
        worker = ThreadPoolExecutor(1, thread_name_prefix="page-request")
        self._future = worker.submit(self._run)
        worker.shutdown(wait=False)
        self._future.add_done_callback(self._end)

    @property
    def running(self) -> bool:
        """Whether there is more to come."""
        return self.ended_at is None

    def stop(self) -> None:
        """End it within one chunk."""
        with self._changed:
            self._stopping = True
            self._token.cancel()
            self._tell()

    def heard(self, sample_rate: int, least_seconds: float) -> Samples | None:
        """What was spoken since the last call, pauses included; nothing while that is shorter than `least_seconds`."""
        with self._changed:
            pieces = [
                piece
                for event in self._heard
                if event.samples is not None
                for piece in (event.samples, silence(event.pause_ms, sample_rate))
            ]
            if sum(map(len, pieces)) < max(1, least_seconds * sample_rate):
                return None
            self._heard.clear()
        return np.concatenate(pieces)

    def follow(self) -> Iterator[Status]:
        """Yield a status whenever something changes and at least twice a second; the last one is `Status.ended`.

        If nobody has followed for `GRACE_SECONDS`, because the page was closed, the work is stopped.
        """
        seen = -1
        with self._changed:
            self._followers += 1
        try:
            while True:
                with self._changed:
                    if seen == self._news:
                        self._changed.wait(STEP_SECONDS)
                    seen, status = self._news, self._status()
                yield status
                if status.ended:
                    return
        finally:
            self._leave()

    def _run(self) -> None:
        for number, part in enumerate(self._parts, start=1):
            with self._changed:
                self._part, self._tally = number, Tally()
                if not self._stopping:
                    self._token = CancelToken(time.monotonic() + self._most_seconds)
            self.results.append(part(self._note, self._token))

    def _note(self, event: Event) -> None:
        with self._changed:
            if isinstance(event, ChunkDone) and event.samples is not None:
                self._heard.append(event)
            if self._tally.add(event):
                self._tell()

    def _tell(self) -> None:
        self._news += 1
        self._changed.notify_all()

    def _end(self, _: Future[None]) -> None:
        with self._changed:
            self.ended_at = time.monotonic()
            self._tell()

    def _status(self) -> Status:
        ended = not self.running
        return replace(
            self._tally.status(), part=self._part, parts=len(self._parts), stopping=self._stopping, ended=ended,
            error=_failure(self._future) if ended else None,
        )  # fmt: skip

    def _leave(self) -> None:
        with self._changed:
            self._followers -= 1
            if not self.running or self._followers:
                return
        timer = threading.Timer(GRACE_SECONDS, self._stop_if_alone)
        timer.daemon = True
        timer.start()

    def _stop_if_alone(self) -> None:
        with self._changed:
            if not self._followers:
                self.stop()


class Works(Generic[Result]):
    """The works of all open pages, each found by the secret key of its browser tab."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._works: dict[str, Work[Result]] = {}

    def start(self, key: str, parts: Sequence[Part[Result]], most_seconds: float) -> Work[Result]:
        """Begin a work in the place of the key's earlier one, which is stopped."""
        with self._lock:
            self._forget_old()
            earlier = self._works.get(key)
            if earlier is not None:
                earlier.stop()
            work = self._works[key] = Work(parts, most_seconds)
        return work

    def find(self, key: str) -> Work[Result] | None:
        """The key's work that runs or has ended a short time ago."""
        with self._lock:
            self._forget_old()
            return self._works.get(key)

    def stop(self, key: str) -> None:
        """Stop the key's work, if there is one."""
        work = self.find(key)
        if work is not None:
            work.stop()

    def _forget_old(self) -> None:
        oldest = time.monotonic() - KEEP_SECONDS
        for key, work in list(self._works.items()):
            if work.ended_at is not None and work.ended_at < oldest:
                del self._works[key]


def _failure(work: Future[None]) -> ChatterboxError | None:
    error = work.exception()
    if error is None or isinstance(error, ChatterboxError):
        return error
    _log.error("A request of the page failed for an unforeseen reason.", exc_info=error)
    return ChatterboxError("Something went wrong inside; the log of the service tells more.")
