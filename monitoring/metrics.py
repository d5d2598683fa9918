"""The metrics of one service in a registry of its own; docs/monitoring.md lists them."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

_REQUEST = (0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 15, 60, 300)
_SPEECH = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
_FACTOR = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 5)
_SCORE = (0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 1)


class Metrics:
    """Instruments that the parts of `monitoring` count with; safe for every thread."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.http_requests = self._counter("http_requests", "Requests answered.", "method", "route", "status")
        self.http_seconds = self._histogram("http_request_seconds", "Time to the reply's end.", _REQUEST, "route")
        self.http_open = self._gauge("http_requests_in_progress", "Requests being answered.")
        self.errors = self._counter("errors", "Failures by error code.", "code")
        self.operations = self._counter("operations", "Operations ended: done, failed or cancelled.", "kind", "outcome")
        self.operation_seconds = self._histogram("operation_seconds", "Time of an operation.", _SPEECH, "kind")
        self.operations_open = self._gauge("operations_in_progress", "Operations going on.", "kind")
        self.queue_wait = self._histogram("queue_wait_seconds", "Time until a request's turn came.", _SPEECH)
        self.cancellations = self._counter("cancellations", "Operations whose caller went away.", "kind")
        self.first_audio = self._histogram("first_audio_seconds", "Time to the first chunk's audio.", _SPEECH, "kind")
        self.audio = self._counter("audio_seconds", "Audio made.", "kind")
        self.real_time = self._histogram("real_time_factor", "Time per second of audio.", _FACTOR, "kind")
        self.chunks = self._counter("chunks", "Chunks that have their audio.")
        self.takes = self._counter("takes", "Takes made: passed, failed or not_checked.", "verdict")
        self.take_seconds = self._histogram("take_seconds", "Time the engine needed for a take.", _SPEECH)
        self.scores = self._histogram("take_score", "Score of a checked take.", _SCORE)

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"chatterbox_{name}", meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(f"chatterbox_{name}", meaning, labels, registry=self.registry)

    def _histogram(self, name: str, meaning: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"chatterbox_{name}", meaning, labels, buckets=buckets, registry=self.registry)
