"""Settings of the interface for SillyTavern."""

from __future__ import annotations

from config_sections.section import Section


class SillyTavernSettings(Section):
    """The addresses `/tts`, `/tts-stream`, `/get_predefined_voices` and `/get_reference_files`."""

    enabled: bool = True
    """Serve them."""
