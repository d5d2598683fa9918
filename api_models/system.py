"""Replies about the service itself: what it can do and how it is."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api_models.base import FormatName, Strict
from api_models.errors import ErrorSummary
from api_models.metrics import ServiceCounters, SystemUse
from api_models.resources import DirectoryUse


class ParameterInfo(Strict):
    """A number that has effect with this engine."""

    name: str
    minimum: float
    maximum: float
    default: float
    description: str


class VoiceInfo(Strict):
    """A voice of the engine."""

    name: str
    language: str
    gender: str
    description: str


class EngineInfo(Strict):
    """What one engine can do."""

    engine: str
    model: str
    version: str
    sample_rate: int
    languages: list[str]
    parameters: list[ParameterInfo]
    tags: list[str]
    max_characters: int
    max_batch: int
    cloning: bool
    matching: bool
    """Whether a recording can be a voice by blending the engine's own, a voice match (approximate)."""
    conversion: bool
    seeded: bool
    """Whether the seed changes the sound."""
    watermark: bool
    notes: list[str]
    voices: list[VoiceInfo]


class CapabilitiesResponse(Strict):
    """What this service can do as it is configured."""

    version: str
    engine: str
    """The engine that answers requests."""
    engine_reason: str
    """Why it was chosen."""
    engines: list[str]
    """All that could be chosen in the configuration."""
    active: EngineInfo
    formats: list[FormatName]
    validator: str | None
    validator_languages: list[str]
    max_text_length: int


ReadyState = Literal["starting", "ready", "failed", "stopping"]


class ReadyResponse(Strict):
    """Whether speech requests are answered."""

    ready: bool
    state: ReadyState
    reason: str


class ModelResponse(Strict):
    """What became of a model."""

    name: str
    loaded: bool
    """Whether it is in memory now."""


class WatermarkResponse(Strict):
    """What the detector of the engine in use says of a recording; it knows no other engine's mark."""

    watermarked: bool
    """Whether any stretch of ten seconds carries the mark."""
    confidence: float = Field(ge=0, le=1)
    """Of the surest stretch; the mark counts as present from 0.5 on."""
    marked_seconds: float
    """Length of all stretches that carry it."""
    audio_seconds: float
    engine: str


class LiveResponse(Strict):
    """The process answers."""

    live: Literal[True] = True


class HealthResponse(Strict):
    """State of the service."""

    status: Literal["healthy", "degraded", "unhealthy"]
    models_loaded: dict[str, bool]
    """By part: tts, vc and whisper."""
    version: str
    uptime_seconds: float
    ready: bool
    reason: str
    active_requests: int
    waiting_chunks: int
    metrics: ServiceCounters
    system_info: SystemUse
    resource_status: dict[str, DirectoryUse]
    """The folders beside their limits."""
    warnings: list[str] | None
    """What asks for attention."""
    error_summary: ErrorSummary | None
    """Of the last 24 hours, if they had errors."""
