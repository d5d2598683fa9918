"""Settings of the clean-up: how much the folders may hold, and when what is over goes."""

from __future__ import annotations

from pydantic import Field

from config_sections.section import Section


class CleanupSettings(Section):
    """Limits of folders; the oldest goes first."""

    output_dir_max_size_gb: float = Field(5.0, gt=0)
    """Most that the outputs may hold."""
    temp_dir_max_files: int = Field(200, ge=0)
    """Most files in the temporary folder."""
    temp_dir_max_age_days: float = Field(7.0, gt=0)
    """Oldest file in the temporary folder."""
    vc_inputs_max_size_gb: float = Field(2.0, gt=0)
    """Most that the inputs of voice conversion may hold."""
    grace_period_minutes: float = Field(60.0, ge=0)
    """What was changed since is never removed."""
    cleanup_on_startup: bool = True
    """Clean up when the service starts."""
    cleanup_interval_hours: float = Field(5.0, ge=0, le=8760)
    """Hours between two clean-ups; 0 for none by itself."""
    warning_threshold_percent: float = Field(80.0, gt=0, le=100)
    """Share of a limit from which health and resources warn."""


class ResourceManagementSettings(Section):
    """What the service does about its folders."""

    cleanup: CleanupSettings = CleanupSettings()
