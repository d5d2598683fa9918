"""What SillyTavern's Chatterbox provider sends and reads."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from api_models.base import StreamFormatName
from api_models.speech import not_blank


class SillyTavernRequest(BaseModel):
    """A text to be spoken; fields that are not listed are left aside."""

    model_config = ConfigDict(extra="ignore", use_attribute_docstrings=True)

    text: str = Field(min_length=1)
    """What to say."""
    voice_mode: Literal["predefined", "clone"] = "predefined"
    """Which of the two names of a voice counts."""
    predefined_voice_id: str | None = Field(None, max_length=200)
    """A voice of `/get_predefined_voices`."""
    reference_audio_filename: str | None = Field(None, max_length=200)
    """A recording of `/get_reference_files`."""
    temperature: float | None = Field(None, ge=0.1, le=2.0)
    """As of `POST /api/v1/tts`."""
    exaggeration: float | None = Field(None, ge=0.0, le=2.0)
    """As of `POST /api/v1/tts`."""
    cfg_weight: float | None = Field(None, ge=0.0, le=2.0)
    """As of `POST /api/v1/tts`."""
    seed: int = Field(0, ge=-1, le=2**32 - 1)
    """0 and -1 draw one."""
    speed_factor: float | None = Field(None, ge=0.5, le=2.0)
    """As of `POST /api/v1/tts`."""
    language: str = Field("", max_length=35)
    """Empty for the voice's own."""
    output_format: StreamFormatName = "wav"
    """Of the answer."""

    @field_validator("text")
    @classmethod
    def _text_is_not_blank(cls, value: str) -> str:
        return not_blank(value)


class SillyTavernVoice(BaseModel):
    """One voice of its menu."""

    display_name: str
    filename: str
    voice_id: str
    language: str
