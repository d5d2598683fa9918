"""Replies with figures of the service."""

from __future__ import annotations

from api_models.base import Strict


class MemoryUse(Strict):
    """Memory of the process."""

    rss_mb: float
    """In RAM."""
    vms_mb: float
    """Address space."""
    percent: float
    """RAM of the process as a share of the machine's."""


class DiskUse(Strict):
    """The disk of the outputs."""

    free_gb: float
    usage_percent: float


class GpuUse(Strict):
    """Memory of the GPU."""

    allocated_mb: float
    """Held by the speech models."""


class SystemUse(Strict):
    """What the process and its disk use now."""

    cpu_percent: float
    """100 for each core that was busy since the last look."""
    memory: MemoryUse
    disk: DiskUse
    file_counts: dict[str, int]
    """By folder: outputs and temp."""
    gpu: GpuUse | None = None
    """Absent where no GPU is in use."""


class Times(Strict):
    """Durations in milliseconds."""

    min: float
    max: float
    avg: float
    p50: float
    p95: float
    count: int


class Performance(Strict):
    """Durations of the last hour, at most 500 of each kind."""

    time_window_minutes: int
    processing_times: Times
    """Of whole speech requests, by API and page."""
    response_times: Times
    """Of all replies."""
    sample_count: int


class MetricsResponse(Strict):
    """Figures of the service."""

    timestamp: str
    system: SystemUse
    performance: Performance


class ServiceCounters(Strict):
    """Totals since the start."""

    requests_total: int
    requests_success: int
    requests_error: int
    """Answered with 400 and above."""
    success_rate: float
    error_rate: float
    tts_generations: int
    vc_generations: int
    model_loads: int
    total_processing_time: float
    """Seconds of all operations."""
    average_processing_time: float
    """Seconds, of the operations of the last hour."""
    errors_by_type: dict[str, int]
    """By error code."""
    requests_by_endpoint: dict[str, int]
    """By route."""
