"""Tells the addresses that jobs name of their end."""

from __future__ import annotations

import time
from typing import Any, Final

import httpcore2
import httpx2

from exceptions import ChatterboxError
from library.fetch.client import Watch, guarded_client

TIMEOUT_SECONDS: Final = 10.0
RETRY_SECONDS: Final = (30.0, 120.0, 600.0, 3600.0)
"""Waits before further attempts; after the last one the address is given up."""


def deliver(url: str, body: dict[str, Any]) -> bool:
    """Send `body` as JSON to a public address, without following redirects; whether it was taken with a 2xx."""
    watch = Watch(time.monotonic() + TIMEOUT_SECONDS, lambda: None)
    try:
        with guarded_client(watch) as client:
            return bool(client.post(url, json=body).is_success)
    except (httpx2.HTTPError, httpx2.InvalidURL, httpcore2.TimeoutException, ChatterboxError, OSError):
        return False


def next_attempt(attempts: int) -> float | None:
    """When to try again after so many failures, in seconds since 1970; ``None`` for never."""
    return time.time() + RETRY_SECONDS[attempts - 1] if attempts <= len(RETRY_SECONDS) else None
