"""The one thread that may touch a device's model: a bounded queue of chunks, served in fair turns."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from exceptions import ChatterboxError, NotReadyError, QueueFullError
from speech.cancel import CancelToken
from speech.engines.protocol import Engine, ProgressReport, StepwiseEngine, TakeRequest
from speech.lane_service import BatchService, Errand, Service, StepService, Take, Ticket, run_errand

__all__ = ["BACKGROUND", "INTERACTIVE", "Lane", "Take"]

INTERACTIVE = 0
BACKGROUND = 10

T = TypeVar("T")


class Lane:
    """Runs one engine in one thread.

    Callers keep only a chunk or two in the queue at a time, so first-come order is also a fair turn for
    every request, and a short request waits for at most one chunk of a long one.

    Args:
        engine: loaded in the lane thread at the first ticket or by `load`.
        depth: most tickets waiting; more are refused with ``QueueFullError``.
        idle_seconds: without a ticket for so long the engine is unloaded, and loaded again by the next; 0 for never.

    Attributes:
        engine: as given.
        loaded: whether the engine is in memory, as far as the lane knows.
    """

    def __init__(self, engine: Engine, depth: int = 64, idle_seconds: float = 0.0) -> None:
        self.engine = engine
        self.loaded = False
        self._idle_seconds = idle_seconds
        self._depth = depth
        self._service: Service = StepService(engine) if isinstance(engine, StepwiseEngine) else BatchService(engine)
        self._tickets: list[Ticket | Errand] = []
        self._numbers = itertools.count()
        self._wake = threading.Condition()
        self._closing = False
        self._loads: list[tuple[ProgressReport | None, Future[None]]] = []
        self._thread = threading.Thread(target=self._run, name=f"lane-{engine.capabilities.engine}", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Tickets that wait for the model."""
        with self._wake:
            return len(self._tickets)

    def load(self, report: ProgressReport | None = None) -> Future[None]:
        """Load the engine in the lane thread; the future carries ``ModelLoadError`` if that fails."""
        future: Future[None] = Future()
        with self._wake:
            self._refuse_when_closing()
            self._loads.append((report, future))
            self._wake.notify()
        return future

    def submit(self, request: TakeRequest, cancel: CancelToken, priority: int = INTERACTIVE) -> Future[Take]:
        """Queue one take.

        Raises:
            QueueFullError: `depth` tickets wait already.
            NotReadyError: the lane is closed.
        """
        future: Future[Take] = Future()
        self._queue(Ticket(priority, next(self._numbers), cancel, future, request))
        return future

    def run(self, work: Callable[[], T], cancel: CancelToken, priority: int = INTERACTIVE) -> Future[T]:
        """Queue other work on the model, which nothing else touches meanwhile; it should take seconds at most.

        Raises:
            QueueFullError, NotReadyError: as `submit`.
        """
        future: Future[T] = Future()
        self._queue(Errand(priority, next(self._numbers), cancel, future, work))
        return future

    def close(self, timeout: float = 10.0) -> None:
        """Stop after the chunks under way; waiting tickets fail with ``NotReadyError``."""
        with self._wake:
            self._closing = True
            tickets, self._tickets = self._tickets, []
            self._wake.notify()
        for ticket in tickets:
            ticket.future.set_exception(NotReadyError("The service is stopping."))
        self._thread.join(timeout)

    def _queue(self, ticket: Ticket | Errand) -> None:
        with self._wake:
            self._refuse_when_closing()
            if len(self._tickets) >= self._depth:
                raise QueueFullError("The speech queue is full; try again shortly.", retry_after=5)
            heapq.heappush(self._tickets, ticket)
            self._wake.notify()

    def _refuse_when_closing(self) -> None:
        if self._closing:
            raise NotReadyError("The service is stopping.")

    def _run(self) -> None:
        while True:
            with self._wake:
                timeout = self._idle_seconds if self.loaded and self._idle_seconds else None
                woken = self._wake.wait_for(self._has_work, timeout)
                if self._closing and not self._service.busy:
                    break
                loads, self._loads = self._loads, []
                errand = None if loads else self._next_errand()
                tickets = [] if loads or errand else self._next_tickets()
            if not woken:
                self.engine.unload()
                self.loaded = False
            for report, future in loads:
                self._load(report, future)
            if errand is not None:
                self.loaded = True
                run_errand(errand)
            if tickets or self._service.busy:
                self.loaded = True
                self._service.work(tickets)
        self.engine.unload()
        self.loaded = False

    def _next_errand(self) -> Errand | None:
        first = self._tickets[0] if self._tickets else None
        if isinstance(first, Errand):
            heapq.heappop(self._tickets)
            return first
        return None

    def _next_tickets(self) -> list[Ticket]:
        """As many takes as the engine has room for, up to the next errand."""
        found: list[Ticket] = []
        room = self._service.room
        while self._tickets and len(found) < room and isinstance(first := self._tickets[0], Ticket):
            heapq.heappop(self._tickets)
            found.append(first)
        return found

    def _has_work(self) -> bool:
        return bool(self._closing or self._tickets or self._loads or self._service.busy)

    def _load(self, report: ProgressReport | None, future: Future[None]) -> None:
        try:
            self.engine.load(report)
        except ChatterboxError as error:
            future.set_exception(error)
        else:
            self.loaded = True
            future.set_result(None)
