"""Clients of an application without a socket."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import httpx2
from starlette.types import ASGIApp, Message, Scope


def asgi_client(app: ASGIApp) -> httpx2.AsyncClient:
    """Calls the application in the running event loop; its start-up and shutdown are not run."""
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://127.0.0.1", timeout=60)


@dataclass
class RawReply:
    """What an application sent back."""

    status: int = 0
    headers: dict[str, str] | None = None
    body: bytes = b""


async def raw_post(app: ASGIApp, path: str, body: Any) -> RawReply:
    """Call the application without the work of a client, which would be measured with it."""
    content, reply, gone = [json.dumps(body).encode()], RawReply(), asyncio.Event()
    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")]
    scope: Scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "headers": headers,
        "query_string": b"", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "scheme": "http",
        "http_version": "1.1", "asgi": {"version": "3.0"}, "root_path": "",
    }  # fmt: skip

    async def receive() -> Message:
        if not content:
            await gone.wait()
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": content.pop(), "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            reply.status = message["status"]
            reply.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            reply.body += message.get("body", b"")

    await app(scope, receive, send)
    return reply
