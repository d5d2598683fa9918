"""How the lane thread serves tickets, and for engines that work in steps: chunks join and leave between two of them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any, Protocol

from exceptions import ChatterboxError, DeviceLostError, GenerationError
from speech.cancel import CancelToken
from speech.engines.protocol import Finished, StepwiseEngine, TakeRequest
from speech.samples import Samples
from speech.watchdog import Watchdog

log = logging.getLogger("chatterbox.lane")


@dataclass(eq=False)
class Waiting:
    """Something that somebody waits for.

    Attributes:
        cancel: stops it.
        future: settled when it is done.
        context: of whoever waits; the lane's log lines about it are written there.
    """

    cancel: CancelToken
    future: Future[Any]
    context: Context = field(default_factory=copy_context, kw_only=True)


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
        """Take tickets in and go on for a while; every ticket's future is settled sooner or later.

        Raises:
            DeviceLostError: nothing more can be done in this process; futures are left to the caller.
        """
        ...


class StepService:
    """Serves a `StepwiseEngine`: chunks of any callers share its steps, and a hang-up frees its place at once.

    Args:
        engine: loaded when the first chunk comes.
        watchdog: watches every call of the engine.
    """

    def __init__(self, engine: StepwiseEngine, watchdog: Watchdog) -> None:
        self._engine = engine
        self._watchdog = watchdog
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
        except DeviceLostError:
            raise
        except Exception as error:  # noqa: BLE001  any fault of a third-party engine must reach the caller, not end the lane
            self._fail_all(as_ours(error))

    def _drop_unwanted(self) -> None:
        for number, ticket in list(self._running.items()):
            if has_stopped(ticket):
                del self._running[number]
                self._engine.abandon(number)

    def _admit(self, ticket: Ticket) -> bool:
        """Begin a ticket's chunk; false while it has to wait."""
        if (not ticket.future.running() and not still_wanted(ticket)) or has_stopped(ticket):
            return True
        started = time.perf_counter()
        try:
            with self._watchdog:
                number = self._engine.begin(ticket.request)
        except DeviceLostError:
            raise
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
        with self._watchdog:
            done = self._engine.advance()
        share = (time.perf_counter() - started) / len(self._running)
        for ticket in self._running.values():
            ticket.seconds += share
        for finished in done:
            _settle(self._running.pop(finished.number), finished)

    def _fail_all(self, error: ChatterboxError) -> None:
        """Settle everything under way: after an unforeseen fault the engine's own state is unknown."""
        broken, self._running, held, self._held = self._running, {}, self._held, []
        fail([*broken.values(), *held], error)
        self._engine.unload()


def run_errand(errand: Errand, watchdog: Watchdog) -> None:
    """Do the work, unless nobody waits for it any more, and settle its future.

    Raises:
        DeviceLostError: as `Service.work`.
    """
    if not still_wanted(errand):
        return
    try:
        with watchdog:
            result = errand.work()
    except DeviceLostError:
        raise
    except Exception as error:  # noqa: BLE001  any fault of a third-party engine must reach the caller, not end the lane
        fail([errand], as_ours(error))
    else:
        if not errand.future.done():
            errand.future.set_result(result)


def _settle(ticket: Ticket, finished: Finished) -> None:
    if ticket.future.done():
        return
    if finished.samples is not None:
        ticket.future.set_result(Take(finished.samples, ticket.seconds))
    else:
        ticket.future.set_exception(finished.error or GenerationError("The engine failed on this text."))


def still_wanted(ticket: Waiting) -> bool:
    """Whether a ticket that was just taken out of the queue is to be served; its future counts as running then."""
    return ticket.future.set_running_or_notify_cancel() and not has_stopped(ticket)


def has_stopped(ticket: Waiting) -> bool:
    """Whether the caller hung up or its time is over; its future says so then."""
    if ticket.future.done():
        return True
    reason = reason_to_stop(ticket.cancel)
    if reason is not None:
        ticket.future.set_exception(reason)
    return reason is not None


def reason_to_stop(cancel: CancelToken) -> ChatterboxError | None:
    """What the token raises, if it does."""
    try:
        cancel.raise_if_stopped()
    except ChatterboxError as error:
        return error
    return None


def as_ours(error: Exception) -> ChatterboxError:
    """An engine's exception as one that may reach the caller."""
    if isinstance(error, ChatterboxError):
        return error
    failure = GenerationError("The engine failed on this text.", detail={"reason": type(error).__name__})
    failure.__cause__ = error
    return failure


def fail(tickets: Iterable[Waiting], error: ChatterboxError) -> None:
    """Settle with an error whatever is not settled yet, and log a fault of the engine under each request it hit."""
    for ticket in tickets:
        if not ticket.future.done():
            if error.__cause__ is not None:
                ticket.context.run(log.warning, "%s", error.message, exc_info=error.__cause__)
            ticket.future.set_exception(error)
