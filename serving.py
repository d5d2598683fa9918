"""Runs an application under uvicorn and stops it cleanly even while pages are open and speech is being made."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable
from typing import Any

import uvicorn

from config_sections import ServerSettings
from core_engine import CoreEngine

LAST_RESORT_SECONDS = 5
"""Connections that are still open so long after the core is closed are cut."""
LOOK_SECONDS = 0.1


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, core: CoreEngine, finish_seconds: float) -> None:
        super().__init__(config)
        self._core = core
        self._finish_seconds = finish_seconds

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        end = time.monotonic() + self._finish_seconds
        while self._core.active_requests and time.monotonic() < end and not self.force_exit:
            await asyncio.sleep(LOOK_SECONDS)
        await asyncio.to_thread(self._core.close)
        release: Callable[[], None] | None = getattr(self.config.app.state, "release_page", None)  # type: ignore[union-attr]
        if release is not None:
            release()
        await super().shutdown(sockets)


def serve(app: Any, core: CoreEngine, settings: ServerSettings, finish_seconds: float = 0.0) -> None:
    """Serve until Ctrl-C or SIGTERM.

    Args:
        app: a FastAPI application; its ``state.release_page``, if set, ends the connections of open pages.
        core: closed before the connections are, so that waiting requests are answered rather than cut.
        settings: where to listen.
        finish_seconds: how long a stop waits for running speech requests.
    """
    config = uvicorn.Config(
        app, host=settings.host, port=settings.port, log_level=settings.log_level.lower(), log_config=None,
        access_log=False, timeout_graceful_shutdown=LAST_RESORT_SECONDS,
    )  # fmt: skip
    with contextlib.suppress(KeyboardInterrupt):
        _Server(config, core, finish_seconds).run()
