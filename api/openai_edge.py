"""What is different below `/v1`: failures in OpenAI's shape, and addresses with doubled slashes."""

from __future__ import annotations

import json
import re
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api_models.openai import OpenAIError, OpenAIErrorDetail

OPENAI_PREFIX = "/v1"
LONGEST_WAIT_SECONDS = 120
"""OpenAI's clients do not obey a longer Retry-After."""

_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_PARAMS = {"text": "input", "speed_factor": "speed"}
"""OpenAI's names of fields that are called otherwise here."""
_CODES = {"UNAUTHORIZED": "invalid_api_key"}
_WORTH_RETRYING = (429, 503)


def openai_error(status: int, message: str, code: str, param: str | None = None) -> OpenAIError:
    """A failure in OpenAI's shape."""
    kind = _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return OpenAIError(
        error=OpenAIErrorDetail(message=message, type=kind, param=param, code=_CODES.get(code, code.lower()))
    )


class OpenAIEdge:
    """Pure ASGI middleware: translates the service's one error shape, whoever made it, where a client of OpenAI asks.

    A faulty request is 400 instead of 422. OpenAI's clients repeat any 5xx by themselves unless ``x-should-retry``
    forbids it, so failures that would come again after as much work forbid it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or not re.match(rf"/+{OPENAI_PREFIX[1:]}(/|$)", scope["path"]):
            await self.app(scope, receive, send)
            return
        scope["path"] = re.sub("/{2,}", "/", scope["path"])
        await self.app(scope, receive, _Translator(send))


class _Translator:
    """Holds back the beginning of a JSON failure until its body is there."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_failure(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._send_translated(self._start)

    async def _send_translated(self, start: Message) -> None:
        body = _translated(start["status"], json.loads(self._body))
        status = 400 if start["status"] == 422 else start["status"]
        headers = MutableHeaders(raw=list(start["headers"]))
        headers["Content-Length"] = str(len(body))
        if status not in _WORTH_RETRYING:
            headers["X-Should-Retry"] = "false"
        if int(headers.get("retry-after", "0")) > LONGEST_WAIT_SECONDS:
            headers["Retry-After"] = str(LONGEST_WAIT_SECONDS)
        await self._send({**start, "status": status, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": body})


def _is_failure(start: Message) -> bool:
    headers = MutableHeaders(raw=list(start["headers"]))
    return start["status"] >= 400 and headers.get("content-type", "").startswith("application/json")


def _translated(status: int, body: dict[str, Any]) -> bytes:
    if "error_code" not in body:
        return json.dumps(body).encode()
    detail = body.get("detail")
    first = detail[0] if isinstance(detail, list) and detail and isinstance(detail[0], dict) else {}
    field = str(first.get("field") or "")
    error = openai_error(status, body["error"], body["error_code"], _PARAMS.get(field, field) or None)
    return error.model_dump_json().encode()
