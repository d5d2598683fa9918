"""The WebSocket for text that is still being written."""

from __future__ import annotations

from fastapi import APIRouter, WebSocket

from api.talk import Talk

router = APIRouter(tags=["speech"])


@router.websocket("/api/v1/tts/stream")
async def talk(socket: WebSocket) -> None:
    """See docs/streaming.md."""
    await socket.accept()
    await Talk(socket, socket.app.state.core, socket.app.state.workers).run()
