"""Refuses request bodies over a size, before they are read where they announce it, while they arrive where not."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import error_response


class BodyLimit:
    """Pure ASGI middleware; FastAPI's own limiter is newer than the oldest Python this runs on, and answers in text.

    Args:
        app: what to protect.
        most: bytes a request body may have.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdecimal() or int(announced) > self._most:
            request_id = scope.get("state", {}).get("request_id", "")
            refusal = error_response(413, "PAYLOAD_TOO_LARGE", self._sentence(), request_id)
            await refusal(scope, receive, send)
            return
        arrived = 0

        async def receive_within_limit() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > self._most:
                # FastAPI lets this kind through where it turns others into "error parsing the body".
                raise HTTPException(413, self._sentence())
            return message

        await self.app(scope, receive_within_limit, send)

    def _sentence(self) -> str:
        return f"The request body is larger than {self._most} bytes."
