"""Settings of the check of takes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from config_sections.section import Section


class ValidationSettings(Section):
    """How takes are checked."""

    enabled: bool = True
    """Check takes with Whisper; without, every reply says not_checked."""
    backend: Literal["faster-whisper", "openai-whisper"] = "faster-whisper"
    """Library that runs the model."""
    model: str = "base"
    """Model name, or a folder with a model in the backend's format."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where the Whisper model runs; `auto` takes a CUDA device with room for it. CUDA was never run by us."""
    threads: int = Field(0, ge=0, le=256)
    """Processor threads of the Whisper model; 0 means half of the cores, at most 4."""
