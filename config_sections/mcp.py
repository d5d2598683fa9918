"""Settings of the tools for language models."""

from __future__ import annotations

from config_sections.section import Section


class McpSettings(Section):
    """The address `/mcp`, where language models find tools by the Model Context Protocol."""

    enabled: bool = False
    """Serve it."""
