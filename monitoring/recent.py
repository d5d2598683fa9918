"""How long things took lately: the seed's JSON metrics are of the last hour, Prometheus keeps the rest."""

from __future__ import annotations

import statistics
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

WINDOW_MINUTES: Final = 60
MOST: Final = 500


class RecentTimes:
    """The last `MOST` durations; those older than the window do not count.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._times: deque[tuple[float, float]] = deque(maxlen=MOST)
        self._lock = threading.Lock()

    def add(self, seconds: float) -> None:
        """Take note of one."""
        with self._lock:
            self._times.append((self._clock(), seconds))

    def milliseconds(self) -> list[float]:
        """Those within the window, oldest first."""
        oldest = self._clock() - WINDOW_MINUTES * 60
        with self._lock:
            return [seconds * 1000 for moment, seconds in self._times if moment >= oldest]

    def summary(self) -> dict[str, float]:
        """``min``, ``max``, ``avg``, ``p50`` and ``p95`` in milliseconds, and ``count``; zeros without any."""
        times = self.milliseconds()
        if not times:
            return dict.fromkeys(("min", "max", "avg", "p50", "p95"), 0.0) | {"count": 0}
        ranks = statistics.quantiles(times, n=20, method="inclusive") if len(times) > 1 else times * 19
        figures = {
            "min": min(times),
            "max": max(times),
            "avg": statistics.fmean(times),
            "p50": ranks[9],
            "p95": ranks[18],
        }
        return {name: round(value, 2) for name, value in figures.items()} | {"count": len(times)}
