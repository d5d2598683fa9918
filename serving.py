"""Runs an application under uvicorn and stops it cleanly even while pages are open and speech is being made."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, NamedTuple

import uvicorn

from core_engine import CoreEngine
from guard.slow_headers import SlowHeaderProtocol

LAST_RESORT_SECONDS = 5
"""Connections that are still open so long after the core is closed are cut."""
LOOK_SECONDS = 0.1
NOT_LOADED = 1
"""Exit code when the models cannot be loaded and the settings say that the process is to end then."""
LOST = 70
"""Exit code when the device is lost (EX_SOFTWARE); a supervisor is to start the process anew."""

_log = logging.getLogger("chatterbox.serving")


class _Failure(NamedTuple):
    exit_code: int
    reason: str


class _Server(uvicorn.Server):
    """Says that it is not ready at once, and closes the door only when the requests under way are answered."""

    def __init__(self, config: uvicorn.Config, core: CoreEngine, finish_seconds: float) -> None:
        super().__init__(config)
        self._core = core
        self._finish_seconds = finish_seconds
        self.failure: _Failure | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal stops in order, the second at once; neither is raised again, so that an orderly end is 0."""
        if self.should_exit:
            os._exit(128 + sig)
        self._core.refuse_new()
        self.should_exit = True

    async def on_tick(self, counter: int) -> bool:
        """Stop also when the process is of no more use."""
        self.failure = _failure(self._core)
        return await super().on_tick(counter) or self.failure is not None

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer what is under way, then close the core, then the connections."""
        end = time.monotonic() + self._finish_seconds
        while self._core.active_requests and time.monotonic() < end and not self._core.lane.lost:
            await asyncio.sleep(LOOK_SECONDS)
        for server in self.servers:
            server.close()
        await asyncio.to_thread(self._core.close)
        release: Callable[[], None] | None = getattr(self.config.app.state, "release_page", None)  # type: ignore[union-attr]
        if release is not None:
            release()
        await super().shutdown(sockets)


def serve(app: Any, core: CoreEngine, finish_seconds: float = 0.0) -> int:
    """Serve until Ctrl-C or SIGTERM, or until the device is lost.

    Args:
        app: a FastAPI application; its ``state.release_page``, if set, ends the connections of open pages.
        core: closed before the connections are, so that waiting requests are answered rather than cut; its settings
            say where to listen.
        finish_seconds: how long a stop waits for running requests.

    Returns:
        The exit code: 0, `NOT_LOADED` or `LOST`.
    """
    server, proxies = core.settings.server, core.settings.security.trusted_proxies
    config = uvicorn.Config(
        app, host=server.host, port=server.port, http=SlowHeaderProtocol, proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies, server_header=False, log_level=server.log_level.lower(), log_config=None,
        access_log=False,         timeout_graceful_shutdown=LAST_RESORT_SECONDS,
    )  # fmt: skip
    running = _Server(config, core, finish_seconds)
    with contextlib.suppress(KeyboardInterrupt):
        running.run()
    failure = running.failure or _failure(core)
    if failure is None:
        return 0
    _log.critical("The process ends: %s", failure.reason)
    if failure.exit_code == LOST:
        logging.shutdown()
        # A thread that hangs in the device's driver would keep an orderly exit waiting for ever.
        os._exit(LOST)
    return failure.exit_code


def _failure(core: CoreEngine) -> _Failure | None:
    """Why the process is of no more use, if so."""
    if core.lane.lost:
        return _Failure(LOST, core.lane.lost)
    if core.settings.error_handling.model_loading.shutdown_on_failure and core.readiness.state == "failed":
        return _Failure(NOT_LOADED, core.readiness.reason)
    return None
