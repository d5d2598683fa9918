"""Settings of what people upload."""

from __future__ import annotations

from pydantic import Field

from config_sections.section import Section


class LibrarySettings(Section):
    """Voices and their previews."""

    longest_voice_seconds: float = Field(600.0, gt=0, le=86_400)
    """Longest recording that is taken as a voice; engines listen to its first 10 to 60 seconds."""
    preview_text: str = Field("Hello! This is how I sound when I read a page to you.", min_length=1, max_length=300)
    """What a voice says in its preview clip."""
