"""Settings of the speaking rate: its default, its way and its range."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from config_sections.section import Section


class SpeedFactorSettings(Section):
    """Speaking rate where nothing else is said, and how far a request may go."""

    default_speed_factor: float = Field(1.0, ge=0.5, le=2.0)
    """Takes the place of `tts_defaults.speed_factor` while that is 1."""
    preferred_library: Literal["auto", "audiostretchy", "librosa", "torchaudio"] = "auto"
    """Takes the place of `tts_defaults.speed_factor_library` while that is `auto`."""
    min_speed_factor: float = Field(0.25, ge=0.25, le=2.0)
    """Slowest rate that a request may ask for; below 0.5 only `/v1/audio/speech` goes, as OpenAI's does."""
    max_speed_factor: float = Field(4.0, ge=0.5, le=4.0)
    """Fastest rate that a request may ask for; above 2 only `/v1/audio/speech` goes, as OpenAI's does."""

    @model_validator(mode="after")
    def _in_order(self) -> SpeedFactorSettings:
        if not self.min_speed_factor <= self.default_speed_factor <= self.max_speed_factor:
            raise ValueError("default_speed_factor must lie between min_speed_factor and max_speed_factor")
        return self
