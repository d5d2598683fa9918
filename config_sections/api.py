"""Settings of the HTTP interface: its limits."""

from __future__ import annotations

from pydantic import Field

from config_sections.section import Section


class ApiSettings(Section):
    """Limits of the HTTP interface."""

    max_text_length: int = Field(10_000, ge=1, le=10_000_000)
    """Longest text of one request in characters."""
    max_body_bytes: int = Field(1_048_576, ge=1024)
    """Largest request body; more is refused with 413 before it is read."""
    cleanup_temp_files: bool = True
    """Empty the temporary folder when the service stops."""
    max_upload_bytes: int = Field(104_857_600, ge=1024)
    """Largest body of a request that uploads files."""
    max_recording_minutes: float = Field(240.0, gt=0)
    """Longest recording that is taken for voice conversion or transcription."""
    max_concat_hours: float = Field(12.0, gt=0)
    """Longest audio that is joined from one request."""
    enable_url_downloads: bool = False
    """Let requests name recordings by http or https URL; see docs/url-sources.md before."""
    download_timeout_seconds: float = Field(30.0, gt=0, le=3600)
    """Longest time one download may take, further attempts included."""
