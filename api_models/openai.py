"""Requests and replies of the OpenAI-compatible interface, as the `openai` package sends and reads them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from api_models.base import StreamFormatName
from api_models.speech import TTSRequest, not_blank


class VoiceReference(BaseModel):
    """A voice by its id."""

    id: str = Field(min_length=1, max_length=200)


class OpenAISpeechRequest(BaseModel):
    """A text to be spoken.

    Fields of `POST /api/v1/tts` may be added and have their effect; unknown ones are ignored and named in the header
    ``X-Ignored-Parameters``.
    """

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    model: str = Field(max_length=200, examples=["tts-1"])
    """The running engine's name or one of `openai.models`."""
    input: str = Field(min_length=1, examples=["The birch canoe slid on the smooth planks."])
    """What to say."""
    voice: str | VoiceReference = Field(examples=["alloy"])
    """Name of a voice, or an object with its `id`."""
    instructions: str | None = Field(None, max_length=4096)
    """Accepted and without effect."""
    response_format: StreamFormatName = "mp3"
    """`pcm` is 16-bit little-endian at 24 kHz."""
    speed: float = Field(1.0, ge=0.25, le=4.0)
    """Speaking rate."""
    stream_format: Literal["audio", "sse"] = "audio"
    """The audio itself, or events with pieces of it in Base64."""

    @field_validator("input")
    @classmethod
    def _input_is_not_blank(cls, value: str) -> str:
        return not_blank(value)

    @field_validator("instructions", "response_format", "speed", "stream_format", mode="before")
    @classmethod
    def _null_means_left_out(cls, value: Any, info: Any) -> Any:
        return cls.model_fields[info.field_name].default if value is None else value

    @property
    def voice_name(self) -> str:
        """The voice in either form."""
        return self.voice if isinstance(self.voice, str) else self.voice.id


class OpenAIModel(BaseModel):
    """One model."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str


class OpenAIModels(BaseModel):
    """All models; `models` has those that speak, for Open WebUI's menu."""

    object: Literal["list"] = "list"
    data: list[OpenAIModel]
    models: list[OpenAIModel]


class OpenAIVoice(BaseModel):
    """One voice."""

    id: str
    name: str
    object: Literal["audio.voice"] = "audio.voice"
    language: str
    description: str


class OpenAIVoices(BaseModel):
    """All voices; `voices` repeats them for Open WebUI."""

    object: Literal["list"] = "list"
    data: list[OpenAIVoice]
    voices: list[OpenAIVoice]


class OpenAIErrorDetail(BaseModel):
    """What went wrong."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class OpenAIError(BaseModel):
    """Body of every failure below `/v1`."""

    error: OpenAIErrorDetail


class SpokenInput(TTSRequest):
    """What becomes of an `OpenAISpeechRequest`: a speech request with OpenAI's range of speeds."""

    speed_factor: float = Field(1.0, ge=0.25, le=4.0)
    """Speaking rate."""
