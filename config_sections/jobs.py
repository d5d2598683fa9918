"""Settings of long works."""

from __future__ import annotations

from pydantic import Field

from config_sections.section import Section


class JobSettings(Section):
    """Long works: how many at once, how large, how long they are kept."""

    workers: int = Field(2, ge=0, le=256)
    """Chunks worked on at the same time: one is spoken while another is checked. 0 leaves all to other processes."""
    database_url: str = ""
    """SQLAlchemy address of a PostgreSQL database for several processes; empty for SQLite in `paths.jobs_dir`."""
    max_unfinished: int = Field(100, ge=1, le=100_000)
    """Jobs that may wait or run; beyond, the answer is 429."""
    max_text_length: int = Field(5_000_000, ge=1, le=100_000_000)
    """Longest text of one job in characters."""
    retention_days: float = Field(30.0, gt=0)
    """Days after its end at which a job is forgotten with its chunks; its finished audio among the outputs stays."""
    lease_seconds: float = Field(60.0, ge=1, le=3600)
    """How long work is left to a process on another machine that gives no more sign."""
    webhooks: bool = False
    """Whether a job may name an address that is told of its end."""
