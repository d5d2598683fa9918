"""What SillyTavern sends: the OpenAI-compatible provider by its backend, the Chatterbox provider by the browser."""

import pytest
from starlette.testclient import TestClient

from tests.support.listening import decoded
from tests.support.recordings import wav_bytes
from tests.support.tones import voice_of

CHATTERBOX = {
    "text": "Hello there, my friend.",
    "voice_mode": "predefined",
    "predefined_voice_id": "tone-d",
    "temperature": 0.8,
    "exaggeration": 0.5,
    "cfg_weight": 0.5,
    "seed": -1,
    "speed_factor": 1.0,
    "language": "en",
    "split_text": True,
    "chunk_size": 120,
    "output_format": "wav",
}


def test_openai_compatible_provider(client: TestClient) -> None:
    body = {"model": "tts-1", "input": "Hello there.", "voice": "tone-b", "response_format": "mp3", "speed": 1}
    reply = client.post("/v1/audio/speech", json=body)
    assert reply.headers["content-type"] == "audio/mpeg"
    assert voice_of(*decoded(reply.content, "mp3")) == "tone-b"


def test_chatterbox_provider_finds_the_service_and_its_voices(client: TestClient) -> None:
    assert client.get("/").status_code == 200
    voices = client.get("/get_predefined_voices").json()
    assert voices[0] == {"display_name": "tone-a", "filename": "tone-a", "voice_id": "tone-a", "language": "en-US"}
    assert client.get("/get_reference_files").json() == []


def test_chatterbox_provider_finds_recordings_and_speaks_with_them(client: TestClient) -> None:
    files = {"voice_file": ("anna.wav", wav_bytes(), "audio/wav")}
    assert client.post("/api/v1/voice", files=files).status_code == 200
    assert client.get("/get_predefined_voices").json()[-1]["voice_id"] == "anna.wav"
    assert client.get("/get_reference_files").json() == ["anna.wav"]
    asked = {**CHATTERBOX, "voice_mode": "clone", "reference_audio_filename": "anna.wav"}
    assert client.post("/tts", json=asked).status_code == 200


@pytest.mark.parametrize(("method", "path", "place"), [("POST", "/tts", "json"), ("GET", "/tts-stream", "params")])
def test_chatterbox_provider_speaks(client: TestClient, method: str, path: str, place: str) -> None:
    reply = client.request(method, path, headers={"Cache-Control": "no-cache"}, **{place: CHATTERBOX})  # type: ignore[arg-type]
    assert reply.headers["content-type"] == "audio/wav"
    assert voice_of(*decoded(reply.content, "wav")) == "tone-d"


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"text": ""}, "text"), ({"predefined_voice_id": "nobody"}, "voice"), ({"language": "cs"}, "language")],
)
def test_what_cannot_be_spoken_is_refused_by_name(client: TestClient, fields: dict[str, object], field: str) -> None:
    reply = client.post("/tts", json={**CHATTERBOX, **fields})
    assert reply.status_code == 422
    assert reply.json()["detail"][0]["field"] == field
