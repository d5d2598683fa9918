"""What all models share: strict fields whose docstrings become the reference."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

FormatName = Literal["wav", "mp3", "flac", "opus", "aac"]
StreamFormatName = Literal["wav", "mp3", "flac", "opus", "aac", "pcm"]
"""Formats that can be sent while the audio is being made."""
CaptionFormat = Literal["srt", "vtt", "json"]


class Strict(BaseModel):
    """Refuses unknown fields and keeps texts as they are sent."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, str_strip_whitespace=False)
