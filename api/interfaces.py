"""Adds the WebSocket, and the interfaces that clients made for other services use."""

from __future__ import annotations

import time

from fastapi import FastAPI

from api.openai_edge import OPENAI_PREFIX
from api.routers import openai, talk
from config import Settings


def add_interfaces(app: FastAPI, settings: Settings) -> dict[str, str]:
    """Add those that the settings name; gives back the address of each."""
    app.include_router(talk.router)
    added: dict[str, str] = {}
    if settings.openai.enabled:
        app.state.created = int(time.time())
        app.include_router(openai.router)
        added["openai"] = OPENAI_PREFIX
    return added
