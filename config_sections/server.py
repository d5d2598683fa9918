"""Settings of the server: where it listens, how many it serves, what it logs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from config_sections.section import Section


class ServerSettings(Section):
    """Where the service listens and what it writes to its log."""

    host: str = "127.0.0.1"
    """Address to listen on. Others than loopback need an API key; see docs/security.md."""
    port: int = Field(7860, ge=0, le=65535)
    """TCP port; 0 takes any free one."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Least severe message that is logged."""
    log_console: Literal["text", "json"] = "text"
    """What the error stream gets: lines for people, or the JSON lines of the file."""
    log_file_path: Path | None = Path("logs/chatterbox_extended.log")
    """File of JSON lines; empty for none."""
    log_file_max_size_mb: float = Field(10.0, gt=0)
    """Size at which the log file is set aside and begun anew."""
    log_file_backup_count: int = Field(5, ge=0)
    """Log files set aside that are kept."""
    max_concurrent_requests: int = Field(8, ge=1, le=1000)
    """Speech requests worked on at the same time; their chunks take turns on the model."""
    max_waiting_requests: int = Field(32, ge=0, le=10_000)
    """Further speech requests that may wait; beyond, the answer is 429 with Retry-After."""
    min_free_disk_mb: int = Field(500, ge=0)
    """Free megabytes on the disks of outputs and temp below which speech requests are refused with 507."""
    request_timeout_seconds: float = Field(3600.0, gt=0)
    """Longest time one speech request may take, waiting included."""
    drain_seconds: float = Field(20.0, ge=0)
    """How long a stop waits for running speech requests; what is left then is answered with NOT_READY."""
