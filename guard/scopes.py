"""Which scope of a key an address needs; what is not listed here needs the highest one."""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

Scope: TypeAlias = Literal["speak", "voices", "admin"]

SCOPES: Final[tuple[Scope, ...]] = ("speak", "voices", "admin")

OPEN: Final = re.compile(r"/api/v1/health/(live|ready)|/login|/favicon\.ico")
"""Addresses that need no key."""

READING: Final = ("GET", "HEAD")
_RULES: Final[tuple[tuple[tuple[str, ...] | None, re.Pattern[str], Scope], ...]] = (
    (None, re.compile(r"/api/v1/(models|cleanup|errors|config|resources|metrics)(/.*)?"), "admin"),
    (READING, re.compile(r"/.*"), "speak"),
    (None, re.compile(r"/api/v1/(voices?|vc_inputs?|outputs?)(/.*)?|/v1/audio/voices(/.*)?"), "voices"),
    (None, re.compile(r"/api/v1/(tts|vc|text|concat|jobs|watermark)(/.*)?|/v1/.*|/tts|/mcp"), "speak"),
)


def needed_scope(method: str, path: str, page: str) -> Scope | None:
    """The scope for a request, ``None`` where none is needed; the first rule that fits counts.

    Args:
        method: in capitals.
        path: of the address.
        page: where the browser page is mounted; its handlers ask for higher scopes themselves.
    """
    if OPEN.fullmatch(path):
        return None
    if path == page or path.startswith(f"{page.rstrip('/')}/"):
        return "speak"
    for methods, pattern, scope in _RULES:
        if (methods is None or method in methods) and pattern.fullmatch(path):
            return scope
    return "admin"
