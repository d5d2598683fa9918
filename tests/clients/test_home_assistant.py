"""What Home Assistant sends: Wyoming events over TCP, with the `wyoming` package as Home Assistant uses it."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import TypeVar

import numpy as np
import pytest
from starlette.testclient import TestClient
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeStopped, SynthesizeVoice

from api.wyoming import CHUNK_BYTES
from config import Settings
from tests.conftest import CoreMaker
from tests.support.listening import decoded
from tests.support.recordings import wav_bytes
from tests.support.tones import voice_of

T = TypeVar("T")


def talk(make_core: CoreMaker, conversation: Callable[[AsyncTcpClient], Awaitable[T]]) -> T:
    """Run the whole application with its Wyoming server and a client of it."""
    from main_api import create_app

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    core = make_core(wyoming={"enabled": True, "port": port})
    app = create_app(core.settings, core)

    async def run() -> T:
        async with app.router.lifespan_context(app), AsyncTcpClient("127.0.0.1", port) as client:
            return await asyncio.wait_for(conversation(client), 20)  # type: ignore[arg-type]

    return asyncio.run(run())


async def until(client: AsyncTcpClient, kind: Callable[[str], bool]) -> list[Event]:
    events: list[Event] = []
    while not events or not kind(events[-1].type):
        event = await client.read_event()
        assert event is not None
        events.append(event)
    return events


def audio_of(events: list[Event]) -> np.ndarray:
    parts = [AudioChunk.from_event(event).audio for event in events if AudioChunk.is_type(event.type)]
    assert all(len(part) <= CHUNK_BYTES for part in parts)
    return np.frombuffer(b"".join(parts), "<i2") / 32768


def test_the_program_and_its_voices_are_described(make_core: CoreMaker, settings: Settings) -> None:
    settings.paths.reference_audio_dir.mkdir()
    (settings.paths.reference_audio_dir / "anna.wav").write_bytes(wav_bytes())

    async def ask(client: AsyncTcpClient) -> Info:
        await client.write_event(Describe().event())
        return Info.from_event((await until(client, Info.is_type))[-1])

    [program] = talk(make_core, ask).tts
    assert program.supports_synthesize_streaming and program.installed
    assert next((voice.name, voice.languages) for voice in program.voices) == ("tone-a", ["en-US"])
    assert program.voices[-1].name == "anna.wav"


def test_a_whole_text_is_spoken(make_core: CoreMaker) -> None:
    async def ask(client: AsyncTcpClient) -> list[Event]:
        await client.write_event(Synthesize("The light is on.", SynthesizeVoice(name="tone-c")).event())
        return await until(client, AudioStop.is_type)

    events = talk(make_core, ask)
    start = AudioStart.from_event(events[0])
    assert (start.rate, start.width, start.channels) == (24_000, 2, 1)
    assert voice_of(audio_of(events), 24_000) == "tone-c"


def test_text_in_pieces_is_spoken_sentence_by_sentence(make_core: CoreMaker) -> None:
    async def ask(client: AsyncTcpClient) -> list[Event]:
        await client.write_event(SynthesizeStart(voice=SynthesizeVoice(name="tone-b")).event())
        for piece in ("The light ", "is on. And the ", "door is open."):
            await client.write_event(SynthesizeChunk(piece).event())
        await client.write_event(Synthesize("The light is on. And the door is open.").event())
        await client.write_event(SynthesizeStop().event())
        return await until(client, SynthesizeStopped.is_type)

    events = talk(make_core, ask)
    assert [event.type for event in events if not AudioChunk.is_type(event.type)] == [
        "audio-start", "audio-stop", "audio-start", "audio-stop", "synthesize-stopped",
    ]  # fmt: skip
    assert voice_of(audio_of(events), 24_000) == "tone-b"


def test_a_failure_is_an_error_event(make_core: CoreMaker) -> None:
    async def ask(client: AsyncTcpClient) -> Error:
        await client.write_event(Synthesize("Hello.", SynthesizeVoice(name="nobody")).event())
        return Error.from_event((await until(client, Error.is_type))[-1])

    assert "nobody" in talk(make_core, ask).text


def test_it_is_off_unless_asked_for(settings: Settings) -> None:
    assert not settings.wyoming.enabled


@pytest.mark.parametrize("name", ["mp3", "opus"])
def test_the_custom_integration_speaks(client: TestClient, name: str) -> None:
    """What openai_tts sends: mp3 for a whole answer, opus for one that it streams, further fields of the user's."""
    headers = {"Content-Type": "application/json", "User-Agent": "HomeAssistant-OpenAI-TTS"}
    body = {"model": "tts-1", "input": "Dinner is ready.", "voice": "tone-b", "response_format": name, "speed": 1.0}
    reply = client.post("/v1/audio/speech", headers=headers, json={**body, "seed": 5})
    assert (reply.status_code, reply.headers["x-generation-seed"]) == (200, "5")
    assert voice_of(*decoded(reply.content, name)) == "tone-b"
