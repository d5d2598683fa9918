"""Request fields that decide which files are made."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator

from api_models.base import CaptionFormat, FormatName, Strict


class OutputOptions(Strict):
    """Files of a result."""

    export_formats: list[FormatName] = Field(["wav", "mp3"], min_length=1, max_length=5)
    """Files to make, each encoded once from the same audio."""
    captions: list[CaptionFormat] = Field(default_factory=list, max_length=3)
    """Caption files to make from the word times."""

    @field_validator("export_formats", "captions", mode="before")
    @classmethod
    def _formats(cls, value: Any) -> Any:
        return without_case_or_repeats(value)


def without_case_or_repeats(value: Any) -> Any:
    """A list of names in small letters, each once; anything else as it is, for the validation to refuse."""
    if not isinstance(value, list):
        return value
    lowered = [item.lower() if isinstance(item, str) else item for item in value]
    return list(dict.fromkeys(lowered)) if all(isinstance(item, str) for item in lowered) else lowered
