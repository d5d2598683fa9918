"""Speech requests: every field with its default, the text, and the operator's defaults merged in."""

from __future__ import annotations

from typing import TypeVar

from pydantic import Field, field_validator, model_validator

from api_models.finishing_options import FinishingOptions
from api_models.output_options import OutputOptions
from api_models.take_options import TakeOptions
from api_models.text_options import TextOptions

Request = TypeVar("Request", "TTSRequest", "TextPreviewRequest")


class TTSDefaults(OutputOptions, FinishingOptions, TakeOptions, TextOptions):
    """The fields of a speech request that have a default, each with its range."""

    separate_chunks: bool = False
    """Make a file of every chunk as well."""


class TextPreviewRequest(TextOptions):
    """A text whose preparation is to be shown.

    Fields that are left out take the operator's `tts_defaults`.
    """

    text: str = Field(min_length=1, examples=["Dr. Smith paid $3.50 at 7:45 p.m."])
    """What would be said."""
    reference_audio_filename: str | None = Field(None, max_length=2000)
    """Alias of `voice`."""

    @field_validator("text")
    @classmethod
    def _text_is_not_blank(cls, value: str) -> str:
        return not_blank(value)

    @model_validator(mode="after")
    def _aliases_agree(self) -> TextPreviewRequest:
        _voices_agree(self)
        return self

    def with_defaults(self, defaults: TTSDefaults) -> TextPreviewRequest:
        """A copy in which left-out fields have the operator's values and aliases are resolved."""
        known = set(TextOptions.model_fields)
        return _merged(self, defaults, {name for name in TTSDefaults.model_fields if name in known})


class TTSRequest(TTSDefaults):
    """A text to be spoken.

    Fields that are left out take the operator's `tts_defaults`.
    """

    text: str = Field(min_length=1, examples=["The birch canoe slid on the smooth planks."])
    """What to say; an empty line starts a new paragraph."""
    reference_audio_filename: str | None = Field(None, max_length=2000)
    """Alias of `voice`."""
    title: str = Field("", max_length=200)
    """Written into the files' tags; without it the beginning of the text."""
    folder: str | None = Field(None, max_length=1000)
    """Folder below the outputs, made if missing; empty for the outputs folder itself."""
    project: str | None = Field(None, max_length=1000)
    """Alias of `folder`."""

    @field_validator("text")
    @classmethod
    def _text_is_not_blank(cls, value: str) -> str:
        return not_blank(value)

    @model_validator(mode="after")
    def _aliases_agree(self) -> TTSRequest:
        _voices_agree(self)
        _agree("folder", self.folder, "project", self.project)
        return self

    def with_defaults(self, defaults: TTSDefaults) -> TTSRequest:
        """A copy in which left-out fields have the operator's values and aliases are resolved."""
        merged = _merged(self, defaults, set(TTSDefaults.model_fields))
        return merged.model_copy(update={"folder": self.folder or self.project or "", "project": None})


class TextFilesRequest(TTSDefaults):
    """What accompanies uploaded text files: the fields of a speech request without its text."""

    separate: bool = False
    """One result for each file, named after it; else all files are joined, with a paragraph between them."""
    title: str = Field("", max_length=200)
    """Written into the files' tags; without it the file's name."""
    folder: str | None = Field(None, max_length=1000)
    """Folder below the outputs, made if missing; empty for the outputs folder itself."""


def not_blank(text: str) -> str:
    """The text itself.

    Raises:
        ValueError: it holds nothing but white space.
    """
    if not text.strip():
        raise ValueError("there is nothing to speak")
    return text


def _merged(request: Request, defaults: TTSDefaults, names: set[str]) -> Request:
    given = request.model_dump(exclude_unset=True)
    voice = given.get("reference_audio_filename") or given.get("voice")
    merged = {**defaults.model_dump(include=names), **given}
    if voice:
        merged["voice"] = voice
    merged["reference_audio_filename"] = None
    return type(request).model_validate(merged)


def _voices_agree(request: TTSRequest | TextPreviewRequest) -> None:
    voice = request.voice if "voice" in request.model_fields_set else None
    _agree("voice", voice, "reference_audio_filename", request.reference_audio_filename)


def _agree(name: str, value: str | None, alias: str, alias_value: str | None) -> None:
    if value and alias_value and value != alias_value:
        raise ValueError(f"{name} and its alias {alias} contradict each other")
