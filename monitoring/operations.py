"""Turns what the core announces into metrics and log lines, whoever asked for it: API, page or job."""

from __future__ import annotations

import logging
import uuid

from core.operations import Began, Ended, Operation, OperationEvent
from exceptions import ChatterboxError
from monitoring.context import log_facts, set_log_facts
from monitoring.metrics import Metrics
from monitoring.recent import RecentTimes
from speech.progress import Admitted, ChunkDone, TakeJudged

log = logging.getLogger("chatterbox.operations")


class OperationMonitor:
    """A watcher of `core.operations`.

    Args:
        metrics: counted in.
        processing: told how long each successful operation took.
    """

    def __init__(self, metrics: Metrics, processing: RecentTimes) -> None:
        self._metrics = metrics
        self._processing = processing
        self._named: set[Operation] = set()

    def __call__(self, operation: Operation, event: OperationEvent) -> None:
        """Take note of one event."""
        if isinstance(event, Began):
            self._begin(operation)
        elif isinstance(event, Ended):
            self._end(operation, event)
            self._forget(operation)
        elif isinstance(event, Admitted):
            self._metrics.queue_wait.observe(event.waited_seconds)
        elif isinstance(event, TakeJudged):
            self._count_take(event)
        elif isinstance(event, ChunkDone):
            self._metrics.chunks.inc()
            if event.index == 0:
                self._metrics.first_audio.labels(operation.kind).observe(operation.seconds)

    def _begin(self, operation: Operation) -> None:
        if "request_id" not in log_facts():
            # The page's and a job's work begins in a thread of its own, outside of any request.
            set_log_facts(request_id=uuid.uuid4().hex, operation=operation.kind)
            self._named.add(operation)
        self._metrics.operations_open.labels(operation.kind).inc()

    def _end(self, operation: Operation, end: Ended) -> None:
        outcome = "cancelled" if end.cancelled else "done" if end.error is None else "failed"
        kind, seconds, metrics = operation.kind, operation.seconds, self._metrics
        metrics.operations_open.labels(kind).dec()
        metrics.operations.labels(kind, outcome).inc()
        metrics.operation_seconds.labels(kind).observe(seconds)
        if outcome == "done":
            self._processing.add(seconds)
        elif outcome == "cancelled":
            metrics.cancellations.labels(kind).inc()
        if operation.audio_seconds:
            metrics.audio.labels(kind).inc(operation.audio_seconds)
            metrics.real_time.labels(kind).observe(seconds / operation.audio_seconds)
        facts = {"outcome": outcome, "audio_seconds": round(operation.audio_seconds, 3)}
        if isinstance(end.error, ChatterboxError):
            facts["error_code"] = end.error.code
        log.info("%s %s", kind, outcome, extra={"duration_ms": round(seconds * 1000, 2), "data": facts})

    def _forget(self, operation: Operation) -> None:
        """The thread goes on to other work; the id was this operation's alone."""
        if operation in self._named:
            self._named.discard(operation)
            set_log_facts()

    def _count_take(self, take: TakeJudged) -> None:
        metrics = self._metrics
        metrics.take_seconds.observe(take.seconds)
        if take.check is None:
            metrics.takes.labels("not_checked").inc()
            return
        metrics.takes.labels("passed" if take.check.passed else "failed").inc()
        metrics.scores.observe(take.check.score)
