"""Remembers what went wrong: the latest errors, how often each cause was seen, what works again."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from typing import Any

from resilience.journal import ErrorJournal, resolve
from resilience.records import SEVERITIES, ErrorRecord

log = logging.getLogger("chatterbox.errors")

WINDOW = timedelta(hours=24)
"""Time that a summary covers."""
FREQUENT = 3
"""Seen as often, a cause counts among the most frequent."""
SHOWN = 5
"""Latest errors that a summary shows."""
SUMMARY_EVERY = timedelta(hours=1)
FAULT_COUNTS = timedelta(hours=1)
"""Time for which a fault that nothing followed asks for attention."""


class ErrorTracker:
    """A ring of errors; safe for every thread.

    When it is full, the oldest of the least severe goes, so that a flood of callers' mistakes drives no fault out.

    Args:
        capacity: errors kept.
        journal: where they outlive a restart; ``None`` for memory alone.
        log_summaries: log a summary once an hour while errors happen.
        now: the present moment.
    """

    def __init__(
        self,
        capacity: int,
        journal: ErrorJournal | None = None,
        *,
        log_summaries: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._capacity = capacity
        self._journal = journal
        self._now = now
        self._log_summaries = log_summaries
        self._summary_due = now() + SUMMARY_EVERY
        self._lock = threading.Lock()
        self._records, self._counts = journal.read() if journal else ([], Counter[str]())
        self._make_room()
        self._open = {record.operation for record in self._records if not record.resolved}

    def timestamp(self) -> str:
        """The present moment for a record."""
        return self._now().isoformat(timespec="milliseconds")

    def record(self, record: ErrorRecord) -> None:
        """Remember one error."""
        with self._lock:
            self._records.append(record)
            self._counts[record.fingerprint] += 1
            self._open.add(record.operation)
            self._make_room()
            if self._journal is not None:
                self._journal.append(record)
                if self._journal.lines > 2 * self._capacity:
                    self._journal.rewrite(self._records, self._counts)
        if self._log_summaries and self._now() >= self._summary_due:
            self._summary_due = self._now() + SUMMARY_EVERY
            self._log_summary()

    def succeeded(self, operation: str) -> None:
        """Mark the errors of `operation` as resolved."""
        if operation not in self._open:
            return
        with self._lock:
            self._open.discard(operation)
            moment = self.timestamp()
            self._records = resolve(self._records, operation, moment)
            if self._journal is not None:
                self._journal.append_resolution(operation, moment)

    def recent(self, count: int) -> list[dict[str, Any]]:
        """The latest `count` errors, newest first; none for 0."""
        with self._lock:
            latest = self._records[-count:] if count > 0 else []
        return [asdict(record) for record in reversed(latest)]

    @property
    def stored(self) -> int:
        """How many are remembered."""
        return len(self._records)

    def summary(self) -> dict[str, Any]:
        """The last 24 hours by category, severity and operation; causes seen often at any time."""
        oldest = (self._now() - WINDOW).isoformat(timespec="milliseconds")
        with self._lock:
            records = [record for record in self._records if record.timestamp >= oldest]
            frequent = [(mark, count) for mark, count in self._counts.most_common(SHOWN) if count >= FREQUENT]
            examples = {record.fingerprint: record for record in self._records}
        return {
            "total_errors": len(records),
            "by_category": Counter(record.category for record in records),
            "by_severity": Counter(record.severity for record in records),
            "by_operation": Counter(record.operation for record in records),
            "most_frequent": [_frequent(mark, count, examples.get(mark)) for mark, count in frequent],
            "unresolved_count": sum(not record.resolved for record in records),
            "recent_errors": [asdict(record) for record in reversed(records[-SHOWN:])],
        }

    def open_faults(self) -> list[str]:
        """A sentence for each operation that failed badly in the last hour and has not succeeded since."""
        oldest = (self._now() - FAULT_COUNTS).isoformat(timespec="milliseconds")
        with self._lock:
            faults = {
                record.operation: record.error_code
                for record in self._records
                if not record.resolved and record.severity in ("high", "critical") and record.timestamp >= oldest
            }
        return [f"{operation} failed with {code} and has not succeeded since." for operation, code in faults.items()]

    def close(self) -> None:
        """Log the last summary."""
        if self._log_summaries:
            self._log_summary()

    def _log_summary(self) -> None:
        summary = self.summary()
        if summary["total_errors"]:
            figures = {name: summary[name] for name in ("by_category", "by_severity", "by_operation")}
            log.warning("%d errors in 24 hours", summary["total_errors"], extra={"data": figures})

    def _make_room(self) -> None:
        while len(self._records) > self._capacity:
            ranks = [SEVERITIES.index(record.severity) for record in self._records]
            del self._records[ranks.index(min(ranks))]


def _frequent(mark: str, count: int, example: ErrorRecord | None) -> dict[str, Any]:
    known = {} if example is None else {"operation": example.operation, "error_type": example.error_type}
    return {"fingerprint": mark, "count": count, **known}
