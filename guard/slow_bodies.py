"""Refuses request bodies that trickle in, so that slow clients cannot hold connections and places."""

from __future__ import annotations

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_SECONDS = 30.0
BYTES_PER_SECOND = 1_000


class SlowBodies:
    """Pure ASGI middleware.

    Args:
        app: what to protect.
        seconds: that every body may take.
        bytes_per_second: each of which buys another second.
    """

    def __init__(self, app: ASGIApp, seconds: float = BODY_SECONDS, bytes_per_second: float = BYTES_PER_SECOND) -> None:
        self._app = app
        self._seconds = seconds
        self._rate = bytes_per_second

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        loop = asyncio.get_running_loop()
        started, arrived, complete = loop.time(), 0, False

        async def receive_in_time() -> Message:
            nonlocal arrived, complete
            if complete:  # What comes now is the hang-up, which may take its time.
                return await receive()
            end = started + self._seconds + arrived / self._rate
            try:
                message = await asyncio.wait_for(receive(), max(0.0, end - loop.time()))
            except asyncio.TimeoutError as error:
                raise HTTPException(408, "The request body came too slowly.", {"Connection": "close"}) from error
            arrived += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            return message

        await self._app(scope, receive_in_time, send)
