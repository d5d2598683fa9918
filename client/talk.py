"""A conversation over the WebSocket: text goes out as it is written, audio comes back sentence by sentence."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from client.errors import RefusedError, UnreachableError, refusal
from client.replies import TalkEvent

PATH = "/api/v1/tts/stream"


class Talk:
    """Write to it and iterate over its `TalkEvent`s at the same time, in two tasks.

    A failed utterance is raised as `RefusedError` where it is read; another `async for` goes on with the next one.
    Reading ends with the conversation.
    """

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def write(self, text: str) -> None:
        """The next piece of text, of any size."""
        await self._send({"type": "text", "text": text})

    async def flush(self) -> None:
        """Have spoken what waits for the end of its sentence."""
        await self._send({"type": "flush"})

    async def end(self) -> None:
        """That was all of this utterance; the next text begins another one."""
        await self._send({"type": "end"})

    async def cancel(self) -> None:
        """Be silent: what waits is forgotten."""
        await self._send({"type": "cancel"})

    def __aiter__(self) -> Talk:
        return self

    async def __anext__(self) -> TalkEvent:
        try:
            message = await self._socket.recv()
        except ConnectionClosed as error:
            raise StopAsyncIteration from error
        if isinstance(message, bytes):
            return TalkEvent("audio", audio=message)
        event = json.loads(message)
        if event["type"] == "error":
            raise RefusedError(0, event)
        return TalkEvent(**event)

    async def _send(self, message: Mapping[str, Any]) -> None:
        try:
            await self._socket.send(json.dumps(message))
        except ConnectionClosed as error:
            raise UnreachableError(f"The conversation is over: {error}") from error


@contextlib.asynccontextmanager
async def open_talk(http: httpx2.AsyncClient, start: Mapping[str, Any]) -> AsyncGenerator[Talk]:
    """A conversation at the address and with the key of `http`, until the block ends."""
    url = http.base_url.join(PATH)
    address = str(url.copy_with(scheme="wss" if url.scheme == "https" else "ws"))
    key = {name: http.headers[name] for name in ("Authorization",) if name in http.headers}
    try:
        socket = await connect(address, additional_headers=key, max_size=None)
    except InvalidStatus as error:
        reply = error.response
        raise refusal(reply.status_code, reply.headers, bytes(reply.body or b"")) from error
    except (OSError, WebSocketException) as error:
        raise UnreachableError(f"{type(error).__name__}: {error}") from error
    async with socket:
        talk = Talk(socket)
        await talk._send({"type": "start", **start})
        yield talk
