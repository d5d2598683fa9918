"""How the lane thread serves an engine that speaks a batch from start to end."""

from __future__ import annotations

import time
from typing import Final

from exceptions import CancelledError, ChatterboxError, DeviceLostError, DeviceMemoryError, GenerationError
from speech.cancel import CancelToken
from speech.engines.protocol import Engine
from speech.lane_service import Take, Ticket, as_ours, fail, reason_to_stop, still_wanted
from speech.watchdog import Watchdog

FAULTS_BEFORE_RELOAD: Final = 2
"""Unforeseen faults in a row after which the engine is unloaded, to be loaded anew by the next ticket."""


class BatchService:
    """Serves `Engine.generate`, a batch at a time.

    Args:
        engine: loaded when the first batch comes.
        watchdog: watches every call of the engine.
    """

    busy = False

    def __init__(self, engine: Engine, watchdog: Watchdog) -> None:
        self._engine = engine
        self._watchdog = watchdog
        self._faults = 0

    @property
    def room(self) -> int:
        """One batch."""
        return max(1, self._engine.capabilities.max_batch)

    def work(self, tickets: list[Ticket]) -> None:
        """Speak one batch; where the device's memory is too small for it, each chunk alone with all memory freed."""
        alive = [ticket for ticket in tickets if still_wanted(ticket)]
        if not alive:
            return
        try:
            self._speak(alive)
        except DeviceMemoryError:
            for ticket in alive:
                self._engine.unload()
                self._speak_alone(ticket)

    def _speak_alone(self, ticket: Ticket) -> None:
        try:
            self._speak([ticket])
        except DeviceMemoryError as error:
            fail([ticket], error)

    def _speak(self, alive: list[Ticket]) -> None:
        cancel = _BatchToken(alive, self._watchdog.seconds)
        started = time.perf_counter()
        try:
            self._engine.load()
            with self._watchdog:
                results = self._engine.generate([ticket.request for ticket in alive], cancel)
        except (DeviceMemoryError, DeviceLostError):
            raise
        except Exception as error:  # noqa: BLE001  any fault of a third-party engine must reach the caller, not end the lane
            self._count(error, cancel)
            fail(alive, as_ours(error))
        else:
            self._faults = 0
            seconds = (time.perf_counter() - started) / len(alive)
            for ticket, samples in zip(alive, results, strict=True):
                if not ticket.future.done():
                    ticket.future.set_result(Take(samples, seconds))

    def _count(self, error: Exception, cancel: _BatchToken) -> None:
        """Reload the engine after repeated faults that are not answers to a text."""
        self._faults += isinstance(error, ChatterboxError) is False or cancel.overdue
        if self._faults >= FAULTS_BEFORE_RELOAD:
            self._faults = 0
            self._engine.unload()


class _BatchToken(CancelToken):
    """Stops a batch when nobody waits for it any more, or when the engine is overdue.

    One caller's hang-up must not stop its neighbours' chunks.
    """

    def __init__(self, tickets: list[Ticket], seconds: float) -> None:
        super().__init__()
        self._tickets = tickets
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    @property
    def overdue(self) -> bool:
        """Whether the engine had more time than it should need."""
        return time.monotonic() > self._end

    @property
    def cancelled(self) -> bool:
        """Whether every caller asked to stop."""
        return all(ticket.cancel.cancelled for ticket in self._tickets)

    def raise_if_stopped(self) -> None:
        """Raise the callers' reason once all of them have one, ``GenerationError`` when the engine is overdue."""
        if self.overdue:
            raise GenerationError(f"The engine gave no answer within {self._seconds:g} s.")
        stopped = [reason_to_stop(ticket.cancel) for ticket in self._tickets]
        if None not in stopped:
            raise stopped[0] or CancelledError("The request was cancelled.")
