"""Replies with the errors that the service remembers."""

from __future__ import annotations

from typing import Any, Literal

from api_models.base import Strict


class ErrorEntry(Strict):
    """One error."""

    timestamp: str
    operation: str
    """What failed: `tts`, `model_load` and so on, or method and route of a request."""
    error_type: str
    error_code: str
    error_message: str
    category: Literal["transient", "permanent", "resource", "configuration"]
    severity: Literal["low", "medium", "high", "critical"]
    fingerprint: str
    """Equal for errors of one cause."""
    request_id: str
    context: dict[str, Any]
    retry_count: int
    resolved: bool
    """The same operation succeeded afterwards."""
    resolution_timestamp: str | None


class RecentErrors(Strict):
    """The latest errors, newest first."""

    recent_errors: list[ErrorEntry]
    total_stored: int


class FrequentError(Strict):
    """A cause that was seen often."""

    fingerprint: str
    count: int
    operation: str | None = None
    error_type: str | None = None


class ErrorSummary(Strict):
    """The last 24 hours."""

    total_errors: int
    by_category: dict[str, int]
    by_severity: dict[str, int]
    by_operation: dict[str, int]
    most_frequent: list[FrequentError]
    """Seen three times or more, at any time."""
    unresolved_count: int
    recent_errors: list[ErrorEntry]
    """The latest five."""
