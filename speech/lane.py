"""The one thread that may touch a device's model: a bounded queue of chunks, served in fair turns."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from exceptions import (
    ChatterboxError,
    ConflictError,
    DeviceLostError,
    ModelLoadError,
    NotReadyError,
    QueueFullError,
)
from speech.batch_service import BatchService
from speech.cancel import CancelToken
from speech.engines.protocol import Engine, ProgressReport, StepwiseEngine, TakeRequest
from speech.fair_queue import BACKGROUND, INTERACTIVE, FairQueue
from speech.lane_service import Errand, Service, StepService, Take, Ticket, fail, run_errand, still_wanted
from speech.watchdog import Watchdog

__all__ = ["BACKGROUND", "INTERACTIVE", "Lane", "Take"]

T = TypeVar("T")


class Lane:
    """Runs one engine in one thread.

    Requests, told apart by their cancel token, take fair turns, so a short one waits for at most one chunk of a long
    one; see `FairQueue`.

    Args:
        engine: loaded in the lane thread at the first ticket or by `load`.
        depth: most tickets waiting; more are refused with ``QueueFullError``.
        idle_seconds: without a ticket for so long the engine is unloaded, and loaded again by the next; 0 for never.
        call_seconds: what one call of the engine may take; one that never comes back loses the lane.

    Attributes:
        engine: as given.
        loaded: whether the engine is in memory, as far as the lane knows.
        lost: why the lane serves no more until the process starts anew; empty while it works.
    """

    def __init__(self, engine: Engine, depth: int = 64, idle_seconds: float = 0.0, call_seconds: float = 300.0) -> None:
        self.engine = engine
        self.loaded = False
        self.lost = ""
        self._idle_seconds = idle_seconds
        self._depth = depth
        self._watchdog = Watchdog(call_seconds, lambda: self._lose("The engine does not come back from a call."))
        self._service = _service(engine, self._watchdog)
        self._tickets: FairQueue[Ticket | Errand] = FairQueue()
        self._at_work: list[Ticket | Errand] = []
        self._wake = threading.Condition()
        self._closing = False
        self._orders: deque[Errand] = deque()
        self._thread = threading.Thread(target=self._run, name=f"lane-{engine.capabilities.engine}", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Tickets that wait for the model."""
        with self._wake:
            return len(self._tickets)

    def load(self, report: ProgressReport | None = None) -> Future[None]:
        """Load the engine in the lane thread; the future carries ``ModelLoadError`` if that fails."""
        return self._order(lambda: self._bring_in(report))

    def unload(self) -> Future[None]:
        """Unload the engine until the next ticket; the future carries ``ConflictError`` if chunks are under way."""
        return self._order(self._let_go)

    def submit(self, request: TakeRequest, cancel: CancelToken, priority: int = INTERACTIVE) -> Future[Take]:
        """Queue one take.

        Raises:
            QueueFullError: `depth` tickets wait already.
            NotReadyError: the lane is closed.
        """
        future: Future[Take] = Future()
        self._queue(Ticket(cancel, future, request), priority)
        return future

    def run(self, work: Callable[[], T], cancel: CancelToken, priority: int = INTERACTIVE) -> Future[T]:
        """Queue other work on the model, which nothing else touches meanwhile; it should take seconds at most.

        Raises:
            QueueFullError, NotReadyError: as `submit`.
        """
        future: Future[T] = Future()
        self._queue(Errand(cancel, future, work), priority)
        return future

    def close(self, timeout: float = 10.0) -> None:
        """Stop after what is under way; all that waits, and what is not done in time, fails with ``NotReadyError``."""
        self._watchdog.stop()
        stopping = NotReadyError("The service is stopping.")
        fail(self._stop_taking(), stopping)
        self._thread.join(timeout)
        if self._thread.is_alive():
            fail(self._at_work, stopping)

    def _queue(self, ticket: Ticket | Errand, priority: int) -> None:
        with self._wake:
            self._refuse_when_closing()
            if len(self._tickets) >= self._depth:
                raise QueueFullError("The speech queue is full; try again shortly.", retry_after=5)
            self._tickets.push(ticket, ticket.cancel, priority)
            self._wake.notify()

    def _order(self, action: Callable[[], None]) -> Future[None]:
        future: Future[None] = Future()
        with self._wake:
            self._refuse_when_closing()
            self._orders.append(Errand(CancelToken(), future, action))
            self._wake.notify()
        return future

    def _refuse_when_closing(self) -> None:
        if self._closing:
            raise DeviceLostError(self.lost) if self.lost else NotReadyError("The service is stopping.")

    def _stop_taking(self) -> list[Ticket | Errand]:
        with self._wake:
            self._closing = True
            self._wake.notify()
            waiting = [*self._orders, *self._tickets.clear()]
            self._orders.clear()
            return waiting

    def _lose(self, reason: str) -> None:
        self.lost = reason
        fail([*self._stop_taking(), *self._at_work], DeviceLostError(reason))

    def _run(self) -> None:
        while True:
            with self._wake:
                timeout = self._idle_seconds if self.loaded and self._idle_seconds else None
                woken = self._wake.wait_for(self._has_work, timeout)
                if self.lost or (self._closing and not self._service.busy):
                    break
                order = self._orders.popleft() if self._orders else None
                errand = None if order else self._next_errand()
                tickets = [] if order or errand else self._next_tickets()
            if not woken:
                self._unload()
            if order is not None:
                self._carry_out(order)
            if errand or tickets or self._service.busy:
                self._work(errand, tickets)
        if not self.lost:
            self._unload()

    def _has_work(self) -> bool:
        return bool(self._closing or self._tickets or self._orders or self._service.busy)

    def _next_errand(self) -> Errand | None:
        if self._tickets and isinstance(first := self._tickets.first, Errand):
            self._tickets.pop()
            return first
        return None

    def _next_tickets(self) -> list[Ticket]:
        """As many takes as the engine has room for, up to the next errand."""
        found: list[Ticket] = []
        room = self._service.room
        while self._tickets and len(found) < room and isinstance(first := self._tickets.first, Ticket):
            self._tickets.pop()
            found.append(first)
        return found

    def _work(self, errand: Errand | None, tickets: list[Ticket]) -> None:
        self.loaded = True
        self._note_at_work(*([errand] if errand else tickets))
        try:
            if errand is not None:
                run_errand(errand, self._watchdog)
            if tickets or self._service.busy:
                self._service.work(tickets)
        except DeviceLostError as error:
            self._lose(error.message)

    def _note_at_work(self, *taken: Ticket | Errand) -> None:
        self._at_work = [ticket for ticket in (*self._at_work, *taken) if not ticket.future.done()]

    def _carry_out(self, order: Errand) -> None:
        if not still_wanted(order):
            return
        self._note_at_work(order)
        try:
            order.work()
        except DeviceLostError as error:
            self._lose(error.message)
        except ChatterboxError as error:
            fail([order], error)
        except Exception as error:  # noqa: BLE001  any fault of a third-party engine must reach the caller, not end the lane
            failure = ModelLoadError("The engine failed while its model was loaded or unloaded.")
            failure.__cause__ = error
            fail([order], failure)
        else:
            if not order.future.done():
                order.future.set_result(None)

    def _bring_in(self, report: ProgressReport | None) -> None:
        self.engine.load(report)
        self.loaded = True

    def _let_go(self) -> None:
        with self._wake:
            if self._tickets or self._service.busy:
                raise ConflictError("The model is speaking; it can be unloaded when no request is under way.")
        self._unload()

    def _unload(self) -> None:
        self.engine.unload()
        self.loaded = False


def _service(engine: Engine, watchdog: Watchdog) -> Service:
    if isinstance(engine, StepwiseEngine):
        return StepService(engine, watchdog)
    return BatchService(engine, watchdog)
