"""Replies about folders and their clean-up."""

from __future__ import annotations

from api_models.base import Strict


class DirectoryUse(Strict):
    """One folder beside its limit."""

    size_bytes: int
    size_mb: float
    file_count: int
    usage_percent: float
    """Of the limit."""
    max_size_mb: float | None = None
    max_files: int | None = None


class ResourcesResponse(Strict):
    """What the folders hold."""

    timestamp: str
    directories: dict[str, DirectoryUse]
    """Outputs, temp and vc_inputs."""
    warnings: list[str]


class CleanupAction(Strict):
    """What one rule removed, or would remove."""

    files_removed: int
    bytes_freed: int
    files: list[str]
    """The first thousand."""


class CleanupReport(Strict):
    """One clean-up."""

    timestamp: str
    dry_run: bool
    """Nothing was removed."""
    forced: bool
    """Asked for, not by the schedule."""
    actions: dict[str, CleanupAction]
    """By rule, in their order."""
    total_files_removed: int
    total_bytes_freed: int
    files_left: int
    """Planned, but changed or opened meanwhile."""
    start_time: str
    end_time: str
    duration_seconds: float


class CleanupSchedule(Strict):
    """When clean-ups run."""

    running: bool
    cleanup_on_startup: bool
    cleanup_interval_hours: float
    """0: none by itself."""
    last_cleanup_time: str | None
    cleanup_count: int
    next_cleanup_time: str | None


class CleanupStatus(Strict):
    """The schedule, and the last ten clean-ups, newest first."""

    scheduler: CleanupSchedule
    history: list[CleanupReport]
