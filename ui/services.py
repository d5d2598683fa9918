"""What runs beside the core and is shown on the page; a page that is served alone has none of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from core.job_service import JobService


class Folders(Protocol):
    """Keeps the folders within their limits."""

    def usage(self) -> dict[str, Any]:
        """The folders beside their limits."""
        ...

    def clean_up(self, *, dry_run: bool = False) -> dict[str, Any]:
        """Remove what is beyond the limits, or tell what that would be; ``ConflictError`` while one is going on."""
        ...


class Errors(Protocol):
    """Remembers what failed."""

    def recent(self, count: int) -> list[dict[str, Any]]:
        """The latest errors, newest first."""
        ...

    def summary(self) -> dict[str, Any]:
        """The last 24 hours."""
        ...


class Figures(Protocol):
    """Counts what is done."""

    def report(self) -> dict[str, Any]:
        """System and times."""
        ...

    def counters(self) -> dict[str, Any]:
        """Totals since the start."""
        ...


@dataclass(frozen=True)
class Services:
    """The services; their public addresses are under the API that runs beside the page."""

    folders: Folders
    errors: Errors
    figures: Figures
    jobs: JobService
