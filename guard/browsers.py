"""What browsers are kept from: using the service in the name of a page from elsewhere."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from exceptions import ForbiddenError

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "frame-ancestors 'self'",
    "Referrer-Policy": "same-origin",
}
"""On every reply."""

_SAFE = ("GET", "HEAD", "OPTIONS")
_LOCAL_SUFFIXES = (".local", ".localhost")


def refuse_foreign_pages(method: str, headers: Headers, allowed: Collection[str]) -> None:
    """Refuse a change that a browser makes for a page of another origin.

    Raises:
        ForbiddenError: the origin is neither the service's own nor `allowed`.
    """
    origin = headers.get("origin")
    if origin is None or method in _SAFE or origin in allowed:
        return
    if urlsplit(origin).netloc != headers.get("host"):
        raise ForbiddenError("Pages of other origins may not use this service; see security.allowed_origins.")


def refuse_rebound_names(headers: Headers, allowed: Collection[str]) -> None:
    """Refuse names that a stranger's name server could point at this machine (DNS rebinding).

    Raises:
        ForbiddenError: the name is public and not `allowed`.
    """
    host = headers.get("host", "")
    name = (urlsplit(f"//{host}").hostname or "").rstrip(".") if host.isascii() else host
    if "." not in name or name in allowed or name.endswith(_LOCAL_SUFFIXES) or _is_address(name):
        return
    raise ForbiddenError("This service is not known by that name; see security.allowed_hosts.")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
