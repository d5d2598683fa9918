"""How many speech requests work at once, how many may wait, and who is turned away before anything is allocated."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from exceptions import QueueFullError
from speech.cancel import CancelToken

WAIT_STEP_SECONDS = 0.25


class Admission:
    """A counted door.

    Args:
        active: requests inside at the same time.
        waiting: requests that may stand in front of it.
    """

    def __init__(self, active: int, waiting: int) -> None:
        self._free = active
        self._room = active + waiting
        self._inside = 0
        self._changed = threading.Condition()

    @property
    def present(self) -> int:
        """Requests inside or waiting."""
        with self._changed:
            return self._inside

    @contextlib.contextmanager
    def enter(self, cancel: CancelToken) -> Iterator[None]:
        """Wait for a place.

        Raises:
            QueueFullError: at once, if as many wait already as may.
            CancelledError, DeadlineExceededError: while waiting.
        """
        with self._changed:
            if self._inside >= self._room:
                raise QueueFullError("Too many speech requests are waiting; try again shortly.", retry_after=5)
            self._inside += 1
        try:
            self._acquire(cancel)
            try:
                yield
            finally:
                with self._changed:
                    self._free += 1
                    self._changed.notify()
        finally:
            with self._changed:
                self._inside -= 1

    def _acquire(self, cancel: CancelToken) -> None:
        with self._changed:
            while self._free <= 0:
                self._changed.wait(WAIT_STEP_SECONDS)
                cancel.raise_if_stopped()
            self._free -= 1
