"""Settings of the server for Home Assistant."""

from __future__ import annotations

from pydantic import Field

from config_sections.section import Section


class WyomingSettings(Section):
    """A second server, which speaks Home Assistant's Wyoming protocol. The protocol knows no keys."""

    enabled: bool = False
    """Serve it."""
    host: str = "127.0.0.1"
    """Address to listen on; anything but loopback lets everybody there speak."""
    port: int = Field(10200, ge=0, le=65535)
    """TCP port; 0 takes any free one."""
