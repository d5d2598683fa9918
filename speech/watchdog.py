"""Notices that an engine hangs in a call from which nothing can bring it back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType

GRACE = 1.5
"""Times the seconds that a call should take; until then an engine that looks at its token ends by itself."""


class Watchdog:
    """Entered around every call of an engine; costs it no more than an assignment.

    Args:
        seconds: what a call should take at most.
        alarm: called once, in a thread of its own, when a call takes `GRACE` times as long.
    """

    def __init__(self, seconds: float, alarm: Callable[[], None]) -> None:
        self.seconds = seconds
        self._alarm = alarm
        self._since: float | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="lane-watchdog", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Watch no longer."""
        self._stopped.set()

    def _watch(self) -> None:
        while not self._stopped.wait(min(1.0, self.seconds / 4)):
            since = self._since
            if since is not None and time.monotonic() - since > self.seconds * GRACE:
                self._alarm()
                return

    def __enter__(self) -> None:
        self._since = time.monotonic()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._since = None
