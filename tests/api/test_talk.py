"""Text goes in as it is written, audio comes out sentence by sentence: the WebSocket."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from core_engine import CoreEngine
from speech.engines.tone import ToneFaults
from tests.conftest import CoreMaker
from tests.support.listening import decoded

ADDRESS = "/api/v1/tts/stream"


def app_of(core: CoreEngine) -> TestClient:
    from main_api import create_app

    return TestClient(create_app(core.settings, core))


def heard(socket: WebSocketTestSession, until: str) -> tuple[list[dict[str, Any]], bytes]:
    """Messages and audio up to a message of that type."""
    messages: list[dict[str, Any]] = []
    audio = b""
    while not messages or messages[-1]["type"] != until:
        message = socket.receive()
        assert message["type"] == "websocket.send", message
        if message.get("bytes") is not None:
            audio += message["bytes"]
        else:
            messages.append(json.loads(message["text"]))
    return messages, audio


def test_sentences_are_spoken_as_soon_as_they_are_complete(make_core: CoreMaker) -> None:
    with app_of(make_core()) as client, client.websocket_connect(ADDRESS) as socket:
        socket.send_json({"type": "start", "voice": "tone-b", "format": "wav"})
        for word in ("The birch ", "canoe slid on", " the planks. Glue ", "the sheet"):
            socket.send_json({"type": "text", "text": word})
        messages, first = heard(socket, "speaking")
        assert messages == [
            {"type": "started", "format": "wav", "sample_rate": 24_000},
            {"type": "speaking", "text": "The birch canoe slid on the planks."},
        ]
        socket.send_json({"type": "text", "text": " to the background."})
        socket.send_json({"type": "end"})
        messages, rest = heard(socket, "done")
    assert [message.get("text") for message in messages] == ["Glue the sheet to the background.", None]
    samples, rate = decoded(first + rest, "wav")
    assert len(samples) / rate == pytest.approx(messages[-1]["audio_seconds"], abs=0.01)
    assert (first + rest).count(b"RIFF") == 1


@pytest.mark.parametrize("name", ["mp3", "opus", "flac", "aac", "pcm"])
def test_an_utterance_is_one_file_and_the_next_another(make_core: CoreMaker, name: str) -> None:
    with app_of(make_core()) as client, client.websocket_connect(ADDRESS) as socket:
        socket.send_json({"type": "start", "format": name})
        for _ in range(2):
            socket.send_json({"type": "text", "text": "Hello there, my friend. How are you today?\n"})
            socket.send_json({"type": "end"})
            messages, audio = heard(socket, "done")
            samples, rate = decoded(audio, name)
            assert len(samples) / rate == pytest.approx(messages[-1]["audio_seconds"], abs=0.1)


def test_flush_speaks_what_has_no_end_yet(make_core: CoreMaker) -> None:
    with app_of(make_core()) as client, client.websocket_connect(ADDRESS) as socket:
        socket.send_json({"type": "text", "text": "Well, let me think"})
        socket.send_json({"type": "flush"})
        assert heard(socket, "speaking")[0][-1]["text"] == "Well, let me think"


def test_barging_in_silences_at_once_and_the_next_text_is_spoken(make_core: CoreMaker) -> None:
    core = make_core(ToneFaults(delay=0.2))
    with app_of(core) as client, client.websocket_connect(ADDRESS) as socket:
        socket.send_json({"type": "text", "text": "One sentence is here. " * 40})
        heard(socket, "speaking")
        socket.send_json({"type": "cancel"})
        socket.send_json({"type": "text", "text": "Something else now.\n"})
        socket.send_json({"type": "end"})
        before, _ = heard(socket, "cancelled")
        after, _ = heard(socket, "done")
    assert len(before) <= 4
    assert [message.get("text") for message in after] == [None, "Something else now.", None]
    assert after[0]["type"] == "started"


def test_hanging_up_stops_the_work(make_core: CoreMaker) -> None:
    core = make_core(ToneFaults(delay=0.1))
    with app_of(core) as client:
        with client.websocket_connect(ADDRESS) as socket:
            socket.send_json({"type": "text", "text": "One sentence is here. " * 100})
            heard(socket, "speaking")
        for _ in range(200):
            if not core.active_requests:
                break
            client.get("/api/v1/health/live")
        assert core.active_requests == 0


def test_a_failure_is_told_and_the_conversation_goes_on(make_core: CoreMaker) -> None:
    with app_of(make_core(ToneFaults("raise", 9))) as client, client.websocket_connect(ADDRESS) as socket:
        socket.send_json({"type": "text", "text": "Hello there.\n"})
        messages, _ = heard(socket, "error")
        assert messages[-1]["error_code"] == "GENERATION_ERROR"
        socket.send_json({"type": "text", "text": "Hello again.\n"})
        socket.send_json({"type": "end"})
        assert heard(socket, "done")[0][-1]["audio_seconds"] > 0


@pytest.mark.parametrize(
    "message",
    ["{", '{"type": "sing"}', '{"type": "text"}', '{"type": "start", "voice": 3}', '{"type": "start", "a": 1}'],
)
def test_faulty_messages_end_the_conversation(make_core: CoreMaker, message: str) -> None:
    with app_of(make_core()) as client, client.websocket_connect(ADDRESS) as socket:
        socket.send_text(message)
        told, _ = heard(socket, "error")
        assert told[-1]["error_code"] == "VALIDATION_ERROR" and "Traceback" not in told[-1]["error"]
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()
    assert closed.value.code == 1008


def test_more_text_than_allowed_is_refused(make_core: CoreMaker) -> None:
    with app_of(make_core(api={"max_text_length": 100})) as client, client.websocket_connect(ADDRESS) as socket:
        socket.send_json({"type": "text", "text": "x" * 101})
        assert "100 characters" in heard(socket, "error")[0][-1]["error"]


def test_pages_of_other_sites_are_turned_away(make_core: CoreMaker) -> None:
    with app_of(make_core()) as client:
        with (
            pytest.raises(WebSocketDisconnect),
            client.websocket_connect(ADDRESS, headers={"Origin": "https://evil.test"}),
        ):
            pass
        with client.websocket_connect(ADDRESS, headers={"Origin": "http://testserver"}):
            pass
