"""Answers with audio that is still being made."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

from api.replies import ignored_header
from api_models import TTSRequest
from core.live_speech import LiveSpeech
from core_engine import CoreEngine
from exceptions import ChatterboxError
from speech.audio.stream_encode import STREAM_TYPES, stream_encoder
from speech.cancel import CancelToken

log = logging.getLogger("chatterbox.api")

T = TypeVar("T")

MOST_AHEAD = 64
"""Chunks that wait for a slow reader, so that one who reads no faster than the sound plays frees its place early."""
WAIT_STEP_SECONDS = 0.25
NO_BUFFERING = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
"""Ask proxies to pass everything on at once."""


class LiveReply(Response):
    """A reply of unknown length.

    It begins with the first block, so a failure before it is answered as any other. A failure after it, which no
    status can tell any more, cuts the connection instead of ending the body. A hang-up closes `blocks`.

    Args:
        blocks: the body.
        media_type: of the body.
        facts: further headers, asked for with the first block.
    """

    def __init__(
        self, blocks: AsyncGenerator[bytes], media_type: str, facts: Callable[[], Mapping[str, str]] = dict
    ) -> None:
        super().__init__(media_type=media_type)
        del self.headers["content-length"]
        self.headers.update(NO_BUFFERING)
        self._blocks = blocks
        self._facts = facts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request."""
        sending = asyncio.ensure_future(self._send(send))
        listening = asyncio.ensure_future(_hang_up(receive))
        try:
            await asyncio.wait({sending, listening}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            sending.cancel()
            listening.cancel()

    async def _send(self, send: Send) -> None:
        async with contextlib.aclosing(self._blocks) as blocks:
            first = await anext(blocks, b"")
            self.headers.update(self._facts())
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": first, "more_body": True})
            try:
                async for block in blocks:
                    await send({"type": "http.response.body", "body": block, "more_body": True})
            except ChatterboxError as error:
                log.error("cut off an answer under way: %s: %s", error.code, error.message)
                return
            await send({"type": "http.response.body", "body": b""})


async def _hang_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def from_thread(
    workers: ThreadPoolExecutor, cancel: CancelToken, items: Callable[[], Generator[T]]
) -> AsyncGenerator[T]:
    """What a blocking generator yields in a worker thread; closing this one triggers `cancel`.

    At most `MOST_AHEAD` items wait to be taken. An exception of the generator is raised here after its last item.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[T | None] = asyncio.Queue()
    room = threading.Semaphore(MOST_AHEAD)

    def produce() -> None:
        with contextlib.closing(items()) as produced:
            for item in produced:
                while not room.acquire(timeout=WAIT_STEP_SECONDS):
                    cancel.raise_if_stopped()
                loop.call_soon_threadsafe(queue.put_nowait, item)

    def ended(future: asyncio.Future[None]) -> None:
        if not future.cancelled():
            future.exception()  # nobody else looks at it after a hang-up
        queue.put_nowait(None)

    work = loop.run_in_executor(workers, contextvars.copy_context().run, produce)
    work.add_done_callback(ended)
    try:
        while (item := await queue.get()) is not None:
            room.release()
            yield item
        work.result()
    finally:
        cancel.cancel()


def encoded(speech: LiveSpeech, format_name: str) -> Generator[bytes]:
    """The audio as one file of a key of `STREAM_TYPES`, in pieces."""
    encoder = stream_encoder(format_name, speech.plan.sample_rate)
    with contextlib.closing(speech.blocks()) as blocks:
        for block in blocks:
            yield encoder.encode(block)
    yield encoder.finish()


class LiveAudio:
    """Speech of one request, encoded, on its way from a worker thread to the event loop.

    Args:
        core: speaks.
        workers: has the thread.
        body: the request.
        format_name: key of `STREAM_TYPES`.
        ignored: further fields that the client sent without effect.

    Attributes:
        speech: what is being spoken, from the first block on.
    """

    def __init__(
        self,
        core: CoreEngine,
        workers: ThreadPoolExecutor,
        body: TTSRequest,
        format_name: str,
        ignored: Sequence[str] = (),
    ) -> None:
        self.speech: LiveSpeech | None = None
        self.media_type = STREAM_TYPES[format_name]
        self._core = core
        self._workers = workers
        self._body = body
        self._format = format_name
        self._ignored = ignored
        self._cancel = CancelToken(time.monotonic() + core.settings.server.request_timeout_seconds)

    def blocks(self) -> AsyncGenerator[bytes]:
        """One file, in pieces; closing it stops the work."""
        return from_thread(self._workers, self._cancel, self._speak)

    def facts(self) -> dict[str, str]:
        """Headers that tell what is known with the first block."""
        assert self.speech is not None
        plan = self.speech.plan
        facts = {"X-Generation-Seed": str(plan.seed), "X-Sample-Rate": str(plan.sample_rate)}
        return {**facts, **ignored_header([*self.speech.ignored, *self._ignored])}

    def reply(self) -> LiveReply:
        """An answer with the audio itself."""
        return LiveReply(self.blocks(), self.media_type, self.facts)

    def _speak(self) -> Generator[bytes]:
        with self._core.stream(self._body, cancel=self._cancel) as self.speech:
            yield from encoded(self.speech, self._format)
