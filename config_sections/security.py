"""Settings of security: who may use the service from where, and how often."""

from __future__ import annotations

from pydantic import Field

from config_sections.section import Section


class SecuritySettings(Section):
    """Who may use the service from where, and how often; keys are made with `start.py keys`."""

    allow_without_key: bool = False
    """Listen on other addresses than loopback although there is no key: whoever reaches the port may do everything."""
    requests_per_minute: int = Field(0, ge=0)
    """Requests that one key, or one address where no key is needed, may make in a minute; 0 for no limit."""
    allowed_origins: list[str] = Field([])
    """Origins whose pages may use the service from a browser, such as `http://127.0.0.1:8000`; none by default."""
    allowed_hosts: list[str] = Field([])
    """Public names by which the service may be called while there is no key; addresses and local names always may."""
    trusted_proxies: list[str] = Field([])
    """Addresses of reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."""
