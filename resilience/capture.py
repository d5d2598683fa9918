"""Sees to it that every failure reaches the tracker once: those of the core where they happen, others at the edge."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from core.operations import Ended, Operation, OperationEvent
from monitoring.context import log_facts
from monitoring.requests import method_of, route_of
from resilience.records import ErrorRecord, classify, code_of, fingerprint, sentence_of, status_of
from resilience.tracker import ErrorTracker


@dataclass
class _Seen:
    """Whether the request under way has an entry already; copied contexts share it."""

    recorded: bool = False


_seen: ContextVar[_Seen | None] = ContextVar("seen_failure", default=None)


class FailureCapture:
    """Feeds a tracker.

    Args:
        tracker: fed.
        tell: called with the error code of every record.
        categorise: by type; without, every error is ``permanent`` and ``medium``.
    """

    def __init__(self, tracker: ErrorTracker, tell: Callable[[str], None], categorise: bool = True) -> None:
        self._tracker = tracker
        self._tell = tell
        self._categorise = categorise

    def watch(self, operation: Operation, event: OperationEvent) -> None:
        """A watcher of `core.operations`."""
        if not isinstance(event, Ended) or event.cancelled:
            return
        if event.error is None:
            self._tracker.succeeded(operation.kind)
            return
        seen = _seen.get()
        if seen is not None:
            seen.recorded = True
        self.record(operation.kind, event.error)

    def record(self, operation: str, error: BaseException, context: dict[str, Any] | None = None) -> None:
        """Remember an exception of `operation`."""
        detail = getattr(error, "detail", None)
        facts = {**(context or {}), **({"field": field} if (field := getattr(error, "field", None)) else {})}
        if isinstance(detail, dict) and "chunk" in detail:
            facts["chunk"] = detail["chunk"]
        self._add(operation, error, code_of(error), sentence_of(error), status_of(error), facts)

    def around(self, app: ASGIApp) -> ASGIApp:
        """`app` with its error replies recorded; expects them in ``scope["state"]["failure"]``."""

        async def captured(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            seen = _Seen()
            token = _seen.set(seen)
            try:
                await app(scope, receive, send)
            finally:
                _seen.reset(token)
                failure = scope.get("state", {}).get("failure")
                if failure is not None and not seen.recorded:
                    body, error, status = failure
                    operation = f"{method_of(scope)} {route_of(scope)}"
                    self._add(operation, error, body.error_code, body.error, status, {"status": status})

        return captured

    def _add(
        self, operation: str, error: BaseException | None, code: str, sentence: str, status: int, facts: dict[str, Any]
    ) -> None:
        category, severity = classify(error, status) if self._categorise else ("permanent", "medium")
        name = type(error).__name__ if error is not None else code
        record = ErrorRecord(
            timestamp=self._tracker.timestamp(),
            operation=operation,
            error_type=name,
            error_code=code,
            error_message=sentence,
            category=category,
            severity=severity,
            fingerprint=fingerprint(operation, name, error),
            request_id=log_facts().get("request_id", ""),
            context=facts,
        )
        self._tracker.record(record)
        self._tell(code)
