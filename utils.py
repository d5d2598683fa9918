"""Pure helpers that belong to no part in particular."""

from __future__ import annotations

from datetime import datetime, timezone

VERSION = "0.1.0"
"""Of this service; a test keeps it equal to pyproject.toml."""


def utc_timestamp() -> str:
    """The present moment as ISO 8601 in UTC with milliseconds."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")
