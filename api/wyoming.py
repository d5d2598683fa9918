"""A server for Home Assistant, in the Wyoming protocol: one JSON line per event, samples behind it."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Generator
from concurrent.futures import ThreadPoolExecutor

from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Attribution, Describe, Info, TtsProgram, TtsVoice
from wyoming.server import AsyncEventHandler, AsyncTcpServer
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
    SynthesizeVoice,
)

from api.live import encoded, from_thread
from api_models import TTSRequest
from core_engine import CoreEngine
from exceptions import ChatterboxError
from speech.cancel import CancelToken
from speech.text.sentence_feed import SentenceFeed
from utils import VERSION

log = logging.getLogger("chatterbox.wyoming")

CHUNK_BYTES = 8_192
"""4096 samples; Home Assistant waits for the whole of longer ones."""
_SELF = Attribution("Chatterbox TTS Extended Plus", "")


class SpeechHandler(AsyncEventHandler):
    """Serves one connection."""

    def __init__(
        self, core: CoreEngine, workers: ThreadPoolExecutor, reader: StreamReader, writer: StreamWriter
    ) -> None:
        super().__init__(reader, writer)
        self._core = core
        self._workers = workers
        self._feed: SentenceFeed | None = None
        self._voice: SynthesizeVoice | None = None

    async def handle_event(self, event: Event) -> bool:
        """Answer one event; a failure is an event, too, and ends the connection."""
        try:
            await self._answer(event)
        except ChatterboxError as error:
            log.error("Home Assistant: %s: %s", error.code, error.message)
            await self.write_event(Error(error.message, error.code).event())
            return False
        return True

    async def _answer(self, event: Event) -> None:
        if Describe.is_type(event.type):
            info = await asyncio.get_running_loop().run_in_executor(self._workers, describe, self._core)
            await self.write_event(info.event())
        elif SynthesizeStart.is_type(event.type):
            self._feed, self._voice = SentenceFeed(), SynthesizeStart.from_event(event).voice
        elif SynthesizeChunk.is_type(event.type) and self._feed is not None:
            for sentence in self._feed.add(SynthesizeChunk.from_event(event).text):
                await self._say(sentence, self._voice)
        elif SynthesizeStop.is_type(event.type) and self._feed is not None:
            rest, self._feed = self._feed.flush(), None
            for sentence in rest:
                await self._say(sentence, self._voice)
            await self.write_event(SynthesizeStopped().event())
        elif Synthesize.is_type(event.type) and self._feed is None:
            # Sent again behind the pieces, for servers that know no streaming; then it is no request.
            asked = Synthesize.from_event(event)
            await self._say(asked.text, asked.voice)

    async def _say(self, text: str, voice: SynthesizeVoice | None) -> None:
        request = TTSRequest(
            text=text,
            voice=(voice and voice.name) or "",
            language=(voice and voice.language) or "",
        )
        cancel = CancelToken(time.monotonic() + self._core.settings.server.request_timeout_seconds)
        form = {"rate": self._core.engine.capabilities.sample_rate, "width": 2, "channels": 1}

        def speak() -> Generator[bytes]:
            with self._core.stream(request, cancel=cancel) as speech:
                yield from encoded(speech, "pcm")

        async with contextlib.aclosing(from_thread(self._workers, cancel, speak)) as blocks:
            await self.write_event(AudioStart(**form).event())
            async for block in blocks:
                for start in range(0, len(block), CHUNK_BYTES):
                    await self.write_event(AudioChunk(**form, audio=block[start : start + CHUNK_BYTES]).event())
            await self.write_event(AudioStop().event())


def describe(core: CoreEngine) -> Info:
    """What the service offers."""
    voices = [
        TtsVoice(
            name=voice.name,
            attribution=_SELF,
            installed=True,
            description=voice.description,
            version=None,
            languages=[voice.language],
        )
        for voice in core.casting.voices
    ]
    program = TtsProgram(
        name="chatterbox-tts-extended-plus",
        attribution=_SELF,
        installed=True,
        description=core.engine.capabilities.model,
        version=VERSION,
        voices=voices,
        supports_synthesize_streaming=True,
    )
    return Info(tts=[program])


@contextlib.asynccontextmanager
async def wyoming_server(core: CoreEngine, workers: ThreadPoolExecutor) -> AsyncIterator[None]:
    """Serve where the settings say, as long as the block runs."""
    settings = core.settings.wyoming
    server = AsyncTcpServer(settings.host, settings.port)
    await server.start(functools.partial(SpeechHandler, core, workers))
    try:
        yield
    finally:
        await server.stop()
