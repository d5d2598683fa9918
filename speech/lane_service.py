"""How the lane thread serves tickets: a batch from start to end, or chunks that join and leave between steps."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from exceptions import ChatterboxError, GenerationError
from speech.cancel import CancelToken
from speech.engines.protocol import Engine, Finished, StepwiseEngine, TakeRequest
from speech.samples import Samples


@dataclass(eq=False)
class Waiting:
    """Something that somebody waits for; the lowest priority and then the lowest number comes first."""

    priority: int
    number: int
    cancel: CancelToken
    future: Future[Any]

    def __lt__(self, other: Waiting) -> bool:
        return (self.priority, self.number) < (other.priority, other.number)


@dataclass(eq=False)
class Ticket(Waiting):
    """One take."""

    request: TakeRequest
    seconds: float = 0.0


@dataclass(eq=False)
class Errand(Waiting):
    """Other work on the model."""

    work: Callable[[], Any]


@dataclass(frozen=True)
class Take:
    """Audio of one take and the seconds the engine needed for it (its share of the batch)."""

    samples: Samples
    seconds: float


class Service(Protocol):
    """Called from the lane thread alone; `busy` and `room` are cheap."""

    @property
    def room(self) -> int:
        """How many tickets `work` takes now."""
        ...

    @property
    def busy(self) -> bool:
        """Whether `work` has something to do without new tickets."""
        ...

    def work(self, tickets: list[Ticket]) -> None:
        """Take tickets in and go on for a while; every ticket's future is settled sooner or later."""
        ...


class BatchService:
    """Serves `Engine.generate`, a batch at a time.

    Args:
        engine: loaded when the first batch comes.
    """

    busy = False

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def room(self) -> int:
        """One batch."""
        return max(1, self._engine.capabilities.max_batch)

    def work(self, tickets: list[Ticket]) -> None:
        """Speak one batch."""
        alive = [ticket for ticket in tickets if _still_wanted(ticket)]
        if not alive:
            return
        # One caller's hang-up must not stop its neighbours' chunks, so a shared batch runs to its end.
        shared = any(ticket.cancel is not alive[0].cancel for ticket in alive)
        cancel = CancelToken() if shared else alive[0].cancel
        started = time.perf_counter()
        try:
            self._engine.load()
            results = self._engine.generate([ticket.request for ticket in alive], cancel)
        except Exception as error:  # noqa: BLE001  any fault of a third-party engine must reach the caller, not end the lane
            _fail(alive, _as_ours(error))
        else:
            seconds = (time.perf_counter() - started) / len(alive)
            for ticket, samples in zip(alive, results, strict=True):
                ticket.future.set_result(Take(samples, seconds))


class StepService:
    """Serves a `StepwiseEngine`: chunks of any callers share its steps, and a hang-up frees its place at once.

    Args:
        engine: loaded when the first chunk comes.
    """

    def __init__(self, engine: StepwiseEngine) -> None:
        self._engine = engine
        self._running: dict[int, Ticket] = {}
        self._held: list[Ticket] = []

    @property
    def room(self) -> int:
        """Those that could fit, as long as nobody waits at the door already."""
        return 0 if self._held else max(1, self._engine.capabilities.max_batch - len(self._running))

    @property
    def busy(self) -> bool:
        """Whether chunks are under way or wait at the door."""
        return bool(self._running or self._held)

    def work(self, tickets: list[Ticket]) -> None:
        """Drop what nobody wants any more, take in what fits, and make one step."""
        try:
            self._engine.load()
            self._drop_unwanted()
            self._held += tickets
            while self._held and self._admit(self._held[0]):
                del self._held[0]
            if self._running:
                self._step()
        except Exception as error:  # noqa: BLE001  any fault of a third-party engine must reach the caller, not end the lane
            self._fail_all(_as_ours(error))

    def _drop_unwanted(self) -> None:
        for number, ticket in list(self._running.items()):
            if _has_stopped(ticket):
                del self._running[number]
                self._engine.abandon(number)

    def _admit(self, ticket: Ticket) -> bool:
        """Begin a ticket's chunk; false while it has to wait."""
        if (not ticket.future.running() and not _still_wanted(ticket)) or _has_stopped(ticket):
            return True
        started = time.perf_counter()
        try:
            number = self._engine.begin(ticket.request)
        except ChatterboxError as error:
            ticket.future.set_exception(error)
            return True
        ticket.seconds += time.perf_counter() - started
        if number is not None:
            self._running[number] = ticket
        elif not self._running:
            ticket.future.set_exception(GenerationError("The engine has no room for this text."))
            return True
        return number is not None

    def _step(self) -> None:
        started = time.perf_counter()
        done = self._engine.advance()
        share = (time.perf_counter() - started) / len(self._running)
        for ticket in self._running.values():
            ticket.seconds += share
        for finished in done:
            _settle(self._running.pop(finished.number), finished)

    def _fail_all(self, error: ChatterboxError) -> None:
        """Settle everything under way: after an unforeseen fault the engine's own state is unknown."""
        broken, self._running, held, self._held = self._running, {}, self._held, []
        _fail([*broken.values(), *held], error)
        self._engine.unload()


def run_errand(errand: Errand) -> None:
    """Do the work, unless nobody waits for it any more, and settle its future."""
    if not _still_wanted(errand):
        return
    try:
        result = errand.work()
    except Exception as error:  # noqa: BLE001  any fault of a third-party engine must reach the caller, not end the lane
        errand.future.set_exception(_as_ours(error))
    else:
        errand.future.set_result(result)


def _settle(ticket: Ticket, finished: Finished) -> None:
    if finished.samples is not None:
        ticket.future.set_result(Take(finished.samples, ticket.seconds))
    else:
        ticket.future.set_exception(finished.error or GenerationError("The engine failed on this text."))


def _still_wanted(ticket: Waiting) -> bool:
    return ticket.future.set_running_or_notify_cancel() and not _has_stopped(ticket)


def _has_stopped(ticket: Waiting) -> bool:
    """Whether the caller hung up or its time is over; its future says so then."""
    if ticket.future.done():
        return True
    try:
        ticket.cancel.raise_if_stopped()
    except ChatterboxError as error:
        ticket.future.set_exception(error)
        return True
    return False


def _as_ours(error: Exception) -> ChatterboxError:
    if isinstance(error, ChatterboxError):
        return error
    failure = GenerationError("The engine failed on this text.", detail={"reason": type(error).__name__})
    failure.__cause__ = error
    return failure


def _fail(tickets: list[Ticket], error: ChatterboxError) -> None:
    for ticket in tickets:
        if not ticket.future.done():
            ticket.future.set_exception(error)
