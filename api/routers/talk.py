"""The WebSocket for text that is still being written."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter, WebSocket

from api.talk import POLICY_VIOLATION, Talk

router = APIRouter(tags=["speech"])


@router.websocket("/api/v1/tts/stream")
async def talk(socket: WebSocket) -> None:
    """See docs/streaming.md."""
    if _is_foreign(socket):
        await socket.close(POLICY_VIOLATION)
        return
    await socket.accept()
    await Talk(socket, socket.app.state.core, socket.app.state.workers).run()


def _is_foreign(socket: WebSocket) -> bool:
    """Whether another site's page asks: browsers let any page open a WebSocket to any address."""
    origin = socket.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != socket.headers.get("host")
