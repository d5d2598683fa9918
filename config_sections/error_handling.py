"""Settings of what happens after failures: what is tried again, and what is remembered."""

from __future__ import annotations

from pydantic import Field

from config_sections.section import Section


class DownloadRetries(Section):
    """How downloads are tried again after lost connections, time-outs and busy servers."""

    max_retries: int = Field(2, ge=0, le=20)
    """Further tries after the first."""
    base_delay_seconds: float = Field(2.0, ge=0)
    """Pause before the first of them."""
    max_delay_seconds: float = Field(30.0, ge=0)
    """Longest pause."""
    backoff_factor: float = Field(2.0, ge=1, le=10)
    """What each pause is longer than the one before."""
    enable_jitter: bool = True
    """Vary the pauses a little."""


class ModelLoading(Section):
    """What happens while models are brought in."""

    download_timeout_seconds: float = Field(0.0, ge=0)
    """No further try of a model's download is begun after so many seconds; 0 for no limit."""
    loading_timeout_seconds: float = Field(300.0, ge=0)
    """Longest time without progress after which the loading of a model counts as failed; 0 for no limit."""
    shutdown_on_failure: bool = False
    """End the process, with exit code 1, when the models cannot be loaded at the start."""


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

    download_retries: DownloadRetries = DownloadRetries()
    model_loading: ModelLoading = ModelLoading()
    error_tracking: ErrorTracking = ErrorTracking()
