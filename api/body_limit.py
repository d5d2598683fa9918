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
        most_upload: bytes it may have if it carries files.
    """

    def __init__(self, app: ASGIApp, most: int, most_upload: int) -> None:
        self.app = app
        self._most = most
        self._most_upload = most_upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        uploads = headers.get("content-type", "").lower().startswith("multipart/form-data")
        most = self._most_upload if uploads else self._most
        announced = headers.get("content-length", "0")
        if not announced.isdecimal() or int(announced) > most:
            request_id = scope.get("state", {}).get("request_id", "")
            refusal = error_response(413, "PAYLOAD_TOO_LARGE", _sentence(most), request_id)
            await refusal(scope, receive, send)
            return
        arrived = 0

        async def receive_within_limit() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > most:
                # FastAPI lets this kind through where it turns others into "error parsing the body".
                raise HTTPException(413, _sentence(most))
            return message

        await self.app(scope, receive_within_limit, send)


def _sentence(most: int) -> str:
    return f"The request body is larger than {most} bytes."
