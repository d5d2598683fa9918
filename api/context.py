"""Gives every request an id that its reply carries, and keeps foreign error bodies from leaving."""

from __future__ import annotations

import contextvars
import re
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import error_response

request_id_of_context: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")
"""Id of the request that the running code belongs to; empty outside of one."""

_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestContext:
    """Outermost middleware, pure ASGI so that hang-ups stay visible below it.

    An incoming ``X-Request-ID`` of up to 64 letters, digits, dots, dashes and underscores is kept, anything else
    replaced. The framework's body limiter answers in plain text; that answer gets our error shape here.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = Headers(scope=scope).get("x-request-id", "")
        request_id = asked if _SANE_ID.fullmatch(asked) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        token = request_id_of_context.set(request_id)
        replacing = False

        async def send_with_id(message: Message) -> None:
            nonlocal replacing
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                plain = headers.get("content-type", "").startswith("text/plain")
                if message["status"] == 413 and plain:
                    replacing = True
                    await _too_large(request_id)(scope, receive, send_with_id)
                    return
                headers["X-Request-ID"] = request_id
                headers["X-Content-Type-Options"] = "nosniff"
                await send(message)
            elif not replacing or message.get("body", b"").startswith(b"{"):
                await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        finally:
            request_id_of_context.reset(token)


def _too_large(request_id: str) -> ASGIApp:
    return error_response(413, "PAYLOAD_TOO_LARGE", "The request body is too large.", request_id)
