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
    if settings.mcp.enabled:
        from api.mcp import MCP_PATH, add_speech_tools

        app.state.tool_sessions = add_speech_tools(app, app.state.core, app.state.workers)
        added["mcp"] = MCP_PATH
    return added


def public_addresses(settings: Settings) -> tuple[str, ...]:
    """Those that the settings open to whoever has no key."""
    lists = ("/models", "/audio/models", "/audio/voices")
    return tuple(f"{OPENAI_PREFIX}{path}" for path in lists) if settings.openai.public_lists else ()


@contextlib.asynccontextmanager
async def other_servers(app: FastAPI) -> AsyncIterator[None]:
    """Serve what has a life of its own beside the requests, as long as the block runs."""
    core: CoreEngine = app.state.core
    async with contextlib.AsyncExitStack() as servers:
        if core.settings.wyoming.enabled:
            from api.wyoming import wyoming_server

            await servers.enter_async_context(wyoming_server(core, app.state.workers))
        if core.settings.mcp.enabled:
            await servers.enter_async_context(app.state.tool_sessions.run())
        yield
