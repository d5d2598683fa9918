"""Monitoring of one service as a whole: what to hang around its requests and its core, and the figures it has."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from starlette.types import ASGIApp

from core_engine import CoreEngine
from monitoring.gauges import ServiceGauges
from monitoring.metrics import Metrics
from monitoring.operations import OperationMonitor
from monitoring.recent import WINDOW_MINUTES, RecentTimes
from monitoring.requests import RequestMonitor
from monitoring.system import SystemProbe
from utils import utc_timestamp


class Monitor:
    """Watches a core from its making on.

    Args:
        core: watched.
    """

    def __init__(self, core: CoreEngine) -> None:
        self.metrics = Metrics()
        self.metrics.registry.register(ServiceGauges(core))
        self._responses = RecentTimes()
        self._processing = RecentTimes()
        paths = core.settings.paths
        self._system = SystemProbe({"outputs": paths.output_dir, "temp": paths.temp_dir})
        self._started = time.monotonic()
        core.operations.watch(OperationMonitor(self.metrics, self._processing))

    @property
    def uptime_seconds(self) -> float:
        """Since the making of this monitor."""
        return time.monotonic() - self._started

    def around(self, app: ASGIApp) -> ASGIApp:
        """`app` with its requests watched."""
        return RequestMonitor(app, self.metrics, self._responses)

    def count_error(self, code: str) -> None:
        """Take note of a failure by its error code."""
        self.metrics.errors.labels(code).inc()

    def system(self) -> dict[str, Any]:
        """See `SystemProbe.look`; walks folders, so not for the event loop."""
        return self._system.look()

    def report(self) -> dict[str, Any]:
        """The body of ``GET /metrics``; walks folders, so not for the event loop."""
        processing, responses = self._processing.summary(), self._responses.summary()
        return {
            "timestamp": utc_timestamp(),
            "system": self.system(),
            "performance": {
                "time_window_minutes": WINDOW_MINUTES,
                "processing_times": processing,
                "response_times": responses,
                "sample_count": processing["count"] + responses["count"],
            },
        }

    def counters(self) -> dict[str, Any]:
        """Totals since the start, as ``GET /health`` shows them."""
        requests = self._by("http_requests", "route", "status")
        operations = self._by("operations", "kind", "outcome")
        total = sum(requests.values())
        failed = sum(count for (_, status), count in requests.items() if int(status) >= 400)
        times = self._processing.milliseconds()
        return {
            "requests_total": total,
            "requests_success": total - failed,
            "requests_error": failed,
            "success_rate": round((total - failed) / total, 4) if total else 1.0,
            "error_rate": round(failed / total, 4) if total else 0.0,
            "tts_generations": operations.get(("tts", "done"), 0),
            "vc_generations": operations.get(("vc", "done"), 0),
            "model_loads": operations.get(("model_load", "done"), 0),
            "total_processing_time": round(self._seconds(), 3),
            "average_processing_time": round(sum(times) / len(times) / 1000, 3) if times else 0.0,
            "errors_by_type": {code: count for (code,), count in self._by("errors", "code").items()},
            "requests_by_endpoint": _summed(requests),
        }

    def _by(self, name: str, *labels: str) -> dict[tuple[str, ...], int]:
        totals: Counter[tuple[str, ...]] = Counter()
        for sample in next(iter(getattr(self.metrics, name).collect())).samples:
            if sample.name.endswith("_total"):
                totals[tuple(sample.labels[label] for label in labels)] += int(sample.value)
        return totals

    def _seconds(self) -> float:
        samples = next(iter(self.metrics.operation_seconds.collect())).samples
        return sum(sample.value for sample in samples if sample.name.endswith("_sum"))


def _summed(requests: dict[tuple[str, ...], int]) -> dict[str, int]:
    routes: Counter[str] = Counter()
    for (route, _), count in requests.items():
        routes[route] += count
    return routes
