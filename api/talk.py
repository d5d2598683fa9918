"""One conversation over a WebSocket: text comes in as it is written, audio goes out sentence by sentence."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from pydantic import ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.live import from_thread
from api_models import TTSRequest
from api_models.talk import TALK_MESSAGES, TalkSignal, TalkStart, TalkText
from core_engine import CoreEngine
from exceptions import CancelledError, ChatterboxError, InvalidRequestError
from speech.audio.edges import silence
from speech.audio.stream_encode import StreamEncoder, stream_encoder
from speech.cancel import CancelToken
from speech.text.sentence_feed import SentenceFeed

IDLE_SECONDS = 600.0
"""A conversation in which nothing is written for so long is closed."""
POLICY_VIOLATION = 1008


class Talk:
    """Reads and speaks at the same time.

    Args:
        socket: accepted.
        core: speaks.
        workers: have the threads.
    """

    def __init__(self, socket: WebSocket, core: CoreEngine, workers: ThreadPoolExecutor) -> None:
        self._socket = socket
        self._core = core
        self._workers = workers
        self._start = TalkStart(type="start")
        self._feed = SentenceFeed()
        self._todo: deque[str | TalkSignal] = deque()
        self._changed = asyncio.Event()
        self._cancel = CancelToken()
        self._encoder: StreamEncoder | None = None
        self._seconds = 0.0

    async def run(self) -> None:
        """Serve until either side ends the conversation."""
        tasks = [asyncio.ensure_future(self._read()), asyncio.ensure_future(self._speak())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                with contextlib.suppress(WebSocketDisconnect):
                    task.result()
        except (ValidationError, InvalidRequestError, asyncio.TimeoutError) as error:
            await self._refuse(error)
        finally:
            self._cancel.cancel()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)  # unlike gather, it keeps the reason when the server cancels this one
            for task in tasks:
                if not task.cancelled():
                    task.exception()  # nobody else looks at it

    async def _read(self) -> None:
        while True:
            text = await asyncio.wait_for(self._socket.receive_text(), IDLE_SECONDS)
            message = TALK_MESSAGES.validate_json(text)
            if isinstance(message, TalkStart):
                self._start = message
                self._feed = SentenceFeed(message.language or "en")
            elif isinstance(message, TalkText):
                self._todo += self._feed.add(message.text)
                self._refuse_too_much()
            else:
                self._obey(message)
            self._changed.set()

    def _obey(self, signal: TalkSignal) -> None:
        rest = self._feed.flush()
        if signal.type == "cancel":
            self._todo.clear()
            self._cancel.cancel()
        else:
            self._todo += rest
        if signal.type != "flush":
            self._todo.append(signal)

    def _refuse_too_much(self) -> None:
        most = self._core.settings.api.max_text_length
        if self._feed.held + sum(len(item) for item in self._todo if isinstance(item, str)) > most:
            raise InvalidRequestError(f"More than {most} characters wait to be spoken.", field="text")

    async def _speak(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            while self._todo:
                if isinstance(signal := self._todo[0], TalkSignal):
                    self._todo.popleft()
                    await self._finish(signal)
                else:
                    await self._say(self._sentences())

    def _sentences(self) -> str:
        """All that is complete by now: as one request, so that the model goes on while its parts are checked."""
        found = []
        while self._todo and isinstance(item := self._todo[0], str):
            found.append(item)
            self._todo.popleft()
        return " ".join(found)

    async def _say(self, text: str) -> None:
        self._cancel = cancel = CancelToken(time.monotonic() + self._core.settings.server.request_timeout_seconds)
        rate = self._core.engine.capabilities.sample_rate
        opens = self._encoder is None
        encoder = self._encoder = self._encoder or stream_encoder(self._start.format, rate)
        if opens:
            await self._socket.send_json({"type": "started", "format": self._start.format, "sample_rate": rate})
        parts = from_thread(self._workers, cancel, lambda: self._parts(text, encoder, cancel, opens))
        try:
            async with contextlib.aclosing(parts):
                async for said, audio, seconds in parts:
                    if cancel.cancelled:
                        return
                    await self._socket.send_json({"type": "speaking", "text": said})
                    await self._socket.send_bytes(audio)
                    self._seconds += seconds
        except CancelledError:
            return
        except ChatterboxError as error:
            self._encoder, self._seconds = None, 0.0
            await self._socket.send_json({"type": "error", "error": error.message, "error_code": error.code})

    def _parts(
        self, text: str, encoder: StreamEncoder, cancel: CancelToken, opens: bool
    ) -> Generator[tuple[str, bytes, float]]:
        """Text, audio and length of each chunk."""
        fields = self._start.model_dump(exclude_unset=True, exclude={"type", "format"})
        request = TTSRequest.model_validate({**fields, "text": text})
        with self._core.stream(request, cancel=cancel, short_opening=opens) as speech:
            rate = speech.plan.sample_rate
            pause = silence(0 if opens else self._pause_ms(request), rate)
            for chunk, block in zip(speech.plan.chunks, speech.blocks(), strict=True):
                audio = np.concatenate([pause, block])
                yield chunk.text, encoder.encode(audio), len(audio) / rate
                pause = pause[:0]

    def _pause_ms(self, request: TTSRequest) -> int:
        return request.with_defaults(self._core.settings.tts_defaults).sentence_pause_ms

    async def _finish(self, signal: TalkSignal) -> None:
        """End the file under way; the next text begins another one."""
        encoder, self._encoder = self._encoder, None
        seconds, self._seconds = self._seconds, 0.0
        if encoder is not None and signal.type == "end" and (tail := encoder.finish()):
            await self._socket.send_bytes(tail)
        kind = "done" if signal.type == "end" else "cancelled"
        await self._socket.send_json({"type": kind, "audio_seconds": round(seconds, 3)})

    async def _refuse(self, error: Exception) -> None:
        sentence = _sentence(error)
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await self._socket.send_json({"type": "error", "error": sentence, "error_code": InvalidRequestError.code})
            await self._socket.close(POLICY_VIOLATION)


def _sentence(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return ": ".join(filter(None, [".".join(map(str, first["loc"])), first["msg"]]))
    return error.message if isinstance(error, ChatterboxError) else "Nothing was written for a long time."
