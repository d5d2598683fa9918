"""The one thread that may touch a device's model: a bounded queue of chunks, served in fair batches."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field

from exceptions import ChatterboxError, GenerationError, NotReadyError, QueueFullError
from speech.cancel import CancelToken
from speech.engines.protocol import Engine, ProgressReport, TakeRequest
from speech.samples import Samples

INTERACTIVE = 0
BACKGROUND = 10


@dataclass(order=True)
class _Ticket:
    priority: int
    number: int
    request: TakeRequest = field(compare=False)
    cancel: CancelToken = field(compare=False)
    future: Future[Take] = field(compare=False)


@dataclass(frozen=True)
class Take:
    """Audio of one take and the seconds the engine needed for it (its share of the batch)."""

    samples: Samples
    seconds: float


class Lane:
    """Runs one engine in one thread.

    Callers keep only a chunk or two in the queue at a time, so first-come order is also a fair turn for
    every request, and a short request waits for at most one chunk of a long one.

    Args:
        engine: loaded in the lane thread at the first ticket or by `load`.
        depth: most tickets waiting; more are refused with ``QueueFullError``.
    """

    def __init__(self, engine: Engine, depth: int = 64) -> None:
        self.engine = engine
        self._depth = depth
        self._tickets: list[_Ticket] = []
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
        with self._wake:
            self._refuse_when_closing()
            if len(self._tickets) >= self._depth:
                raise QueueFullError("The speech queue is full; try again shortly.", retry_after=5)
            heapq.heappush(self._tickets, _Ticket(priority, next(self._numbers), request, cancel, future))
            self._wake.notify()
        return future

    def close(self, timeout: float = 10.0) -> None:
        """Stop after the running batch; waiting tickets fail with ``NotReadyError``."""
        with self._wake:
            self._closing = True
            tickets, self._tickets = self._tickets, []
            self._wake.notify()
        for ticket in tickets:
            ticket.future.set_exception(NotReadyError("The service is stopping."))
        self._thread.join(timeout)

    def _refuse_when_closing(self) -> None:
        if self._closing:
            raise NotReadyError("The service is stopping.")

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._closing or self._tickets or self._loads)
                if self._closing:
                    break
                loads, self._loads = self._loads, []
                batch = [] if loads else self._take_batch()
            for report, future in loads:
                self._load(report, future)
            if batch:
                self._serve(batch)
        self.engine.unload()

    def _take_batch(self) -> list[_Ticket]:
        size = min(len(self._tickets), max(1, self.engine.capabilities.max_batch))
        return [heapq.heappop(self._tickets) for _ in range(size)]

    def _load(self, report: ProgressReport | None, future: Future[None]) -> None:
        try:
            self.engine.load(report)
        except ChatterboxError as error:
            future.set_exception(error)
        else:
            future.set_result(None)

    def _serve(self, batch: list[_Ticket]) -> None:
        alive = [ticket for ticket in batch if self._still_wanted(ticket)]
        if not alive:
            return
        # One caller's hang-up must not stop its neighbours' chunks, so a shared batch runs to its end.
        shared = any(ticket.cancel is not alive[0].cancel for ticket in alive)
        cancel = CancelToken() if shared else alive[0].cancel
        started = time.perf_counter()
        try:
            self.engine.load()
            results = self.engine.generate([ticket.request for ticket in alive], cancel)
        except ChatterboxError as error:
            self._fail(alive, error)
        except Exception as error:  # noqa: BLE001  any fault of a third-party engine must reach the caller, not end the lane
            failure = GenerationError("The engine failed on this text.", detail={"reason": type(error).__name__})
            failure.__cause__ = error
            self._fail(alive, failure)
        else:
            seconds = (time.perf_counter() - started) / len(alive)
            for ticket, samples in zip(alive, results, strict=True):
                ticket.future.set_result(Take(samples, seconds))

    @staticmethod
    def _still_wanted(ticket: _Ticket) -> bool:
        if not ticket.future.set_running_or_notify_cancel():
            return False
        try:
            ticket.cancel.raise_if_stopped()
        except ChatterboxError as error:
            ticket.future.set_exception(error)
            return False
        return True

    @staticmethod
    def _fail(tickets: list[_Ticket], error: ChatterboxError) -> None:
        for ticket in tickets:
            ticket.future.set_exception(error)
