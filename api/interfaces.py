"""Adds the WebSocket, and the interfaces that clients made for other services use."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator

from fastapi import FastAPI

from api.openai_edge import OPENAI_PREFIX
from api.routers import openai, sillytavern, talk, transcriptions
from config import Settings
from core_engine import CoreEngine


def add_interfaces(app: FastAPI, settings: Settings) -> dict[str, str]:
    """Add those that the settings name; gives back the address of each."""
    app.include_router(talk.router)
    added: dict[str, str] = {}
    if settings.openai.enabled:
        app.state.created = int(time.time())
        app.include_router(openai.router)
        app.include_router(transcriptions.router)
        added["openai"] = OPENAI_PREFIX
    if settings.sillytavern.enabled:
        app.include_router(sillytavern.router)
    return added


def public_addresses(settings: Settings) -> tuple[str, ...]:
    """Those that the settings open to whoever has no key."""
    lists = ("/models", "/audio/models", "/audio/voices")
    return tuple(f"{OPENAI_PREFIX}{path}" for path in lists) if settings.openai.public_lists else ()


@contextlib.asynccontextmanager
async def other_servers(app: FastAPI) -> AsyncIterator[None]:
    """Serve what is not HTTP, as long as the block runs."""
    core: CoreEngine = app.state.core
    if not core.settings.wyoming.enabled:
        yield
        return
    from api.wyoming import wyoming_server

    async with wyoming_server(core, app.state.workers):
        yield
