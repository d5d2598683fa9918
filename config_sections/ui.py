"""Settings of the browser page."""

from __future__ import annotations

from pydantic import Field

from config_sections.section import Section


class UiSettings(Section):
    """The browser page."""

    enable_ui: bool = True
    """Serve the page."""
    title: str = "Chatterbox TTS Extended Plus"
    """Shown in the browser's tab and at the top of the page."""
    mount_path: str = Field("/ui", pattern=r"^(/[A-Za-z0-9_-]+)+$")
    """Where the page is served."""
