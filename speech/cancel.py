"""A token by which a caller stops its own work, by hand or by deadline."""

from __future__ import annotations

import threading
import time

from exceptions import CancelledError, ChatterboxError, DeadlineExceededError


class CancelToken:
    """Thread-safe stop signal, asked between chunks and between model steps.

    Args:
        deadline: ``time.monotonic()`` value after which the work counts as too late; ``None`` for no limit.
    """

    def __init__(self, deadline: float | None = None) -> None:
        self._event = threading.Event()
        self.deadline = deadline
        self._reason: ChatterboxError | None = None

    def cancel(self, reason: ChatterboxError | None = None) -> None:
        """Ask the work to stop; it does so at its next check, with ``CancelledError`` unless there is a `reason`."""
        self._reason = self._reason or reason
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked to stop (the deadline is not looked at)."""
        return self._event.is_set()

    def raise_if_stopped(self) -> None:
        """Raise ``CancelledError`` or the reason after `cancel`, ``DeadlineExceededError`` after the deadline."""
        if self._event.is_set():
            raise self._reason or CancelledError("The request was cancelled.")
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise DeadlineExceededError("The request took longer than its time limit.")
