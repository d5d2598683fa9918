"""Cleans up at the start and at intervals, in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from exceptions import ConflictError
from management.resources import ResourceManager

log = logging.getLogger("chatterbox.management")


class CleanupScheduler:
    """Runs from `start` to `close`.

    Args:
        resources: cleaned up.
        wait: sleeps so many seconds or until the event is set, and says which; for tests.
    """

    def __init__(
        self,
        resources: ResourceManager,
        wait: Callable[[threading.Event, float], bool] = threading.Event.wait,
    ) -> None:
        self._resources = resources
        self._wait = wait
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._next: float | None = None

    def start(self) -> None:
        """Begin."""
        limits = self._resources.limits
        if limits.cleanup_on_startup or limits.cleanup_interval_hours:
            self._thread = threading.Thread(target=self._run, name="cleanup", daemon=True)
            self._thread.start()

    def close(self, timeout: float = 5.0) -> None:
        """End; a clean-up that is going on may take so many seconds more."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def status(self) -> dict[str, Any]:
        """What was done and what comes next."""
        limits, history = self._resources.limits, self._resources.history
        return {
            "scheduler": {
                "running": self._thread is not None and self._thread.is_alive(),
                "cleanup_on_startup": limits.cleanup_on_startup,
                "cleanup_interval_hours": limits.cleanup_interval_hours,
                "last_cleanup_time": history[0]["end_time"] if history else None,
                "cleanup_count": self._resources.count,
                "next_cleanup_time": _moment(self._next) if self._next is not None else None,
            },
            "history": list(history),
        }

    def _run(self) -> None:
        interval = self._resources.limits.cleanup_interval_hours * 3600
        if self._resources.limits.cleanup_on_startup:
            self._clean_up()
        while interval:
            self._next = time.time() + interval
            if self._wait(self._stop, interval):
                return
            self._clean_up()

    def _clean_up(self) -> None:
        try:
            self._resources.clean_up(forced=False)
        except ConflictError:
            log.info("clean-up skipped: one is going on")
        except OSError as error:
            log.error("clean-up failed: %s", error.strerror, exc_info=error)


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="seconds")
