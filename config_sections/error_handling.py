"""Settings of what happens after failures: what is tried again, and what is remembered."""

from __future__ import annotations

from pydantic import Field

from config_sections.section import Section


class ErrorTracking(Section):
    """The errors that `GET /api/v1/errors/recent` shows."""

    max_errors_stored: int = Field(1000, ge=1, le=100_000)
    """Errors remembered; when they are more, the oldest of the least severe goes."""
    auto_categorization: bool = True
    """Sort errors into transient, permanent, resource and configuration by their type, and judge their severity."""
    log_error_summaries: bool = True
    """Log a summary once an hour while errors happen, and at the stop."""


class ErrorHandlingSettings(Section):
    """What happens after failures."""

    error_tracking: ErrorTracking = ErrorTracking()
