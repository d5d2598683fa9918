"""Recordings behind URLs: refused unless the operator allows it, else used like any other."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from config import Settings
from core_engine import CoreEngine
from main_api import create_app
from tests.api.test_vc import wav
from tests.conftest import CoreMaker
from tests.support.listening import decoded
from tests.support.web import WebServer, reply, web_server

CONVERT = "/api/v1/vc"
OTHER = "127.0.0.2"


@pytest.fixture
def server() -> Iterator[WebServer]:
    with web_server(reply(body=wav()), OTHER) as server:
        yield server


@pytest.fixture
def core(make_core: CoreMaker) -> CoreEngine:
    core = make_core(api={"enable_url_downloads": True})
    core.downloads.allows = lambda address: str(address) == OTHER
    return core


@pytest.fixture
def client(core: CoreEngine) -> Iterator[TestClient]:
    with TestClient(create_app(core.settings, core)) as client:
        yield client


def temporary(settings: Settings) -> list[Path]:
    folder = settings.paths.temp_dir
    return list(folder.iterdir()) if folder.exists() else []


def test_a_recording_behind_a_url_is_converted(client: TestClient, server: WebServer, settings: Settings) -> None:
    body = {"input_audio_source": server.url("/talk.wav?key=secret"), "target_voice_source": "tone-d"}
    answer = client.post(CONVERT, json=body, params={"response_mode": "url"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["source_seconds"] == pytest.approx(3.0, abs=0.01)
    assert "secret" not in "".join(path.read_text("utf-8") for path in settings.paths.output_dir.glob("*.json"))
    assert temporary(settings) == []


@pytest.mark.parametrize("field", ["input_audio_source", "target_voice_source"])
@pytest.mark.parametrize("url", ["http://127.0.0.1:1/a.wav", "file:///etc/passwd", "http://user@127.0.0.2/a.wav"])
def test_a_url_that_leads_inside_is_400_and_names_its_field(
    client: TestClient, server: WebServer, settings: Settings, field: str, url: str
) -> None:
    body = {"input_audio_source": server.url(), "target_voice_source": "tone-d", field: url}
    answer = client.post(CONVERT, json=body)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "VALIDATION_ERROR")
    assert answer.json()["detail"][0]["field"] == field
    assert temporary(settings) == []


def test_urls_are_refused_unless_they_are_enabled(settings: Settings, server: WebServer) -> None:
    with TestClient(create_app(settings)) as client:
        body = {"input_audio_source": server.url(), "target_voice_source": "tone-d"}
        answer = client.post(CONVERT, json=body)
    assert (answer.status_code, answer.json()["detail"][0]["field"]) == (422, "input_audio_source")
    assert server.connections == 0


def test_the_settings_of_downloads_have_effect(core: CoreEngine, server: WebServer) -> None:
    handling, api = core.settings.error_handling, core.settings.api
    retries = handling.download_retries.model_copy(update={"max_retries": 1, "base_delay_seconds": 0.01})
    core.settings.error_handling = handling.model_copy(update={"download_retries": retries})
    core.settings.api = api.model_copy(update={"max_upload_bytes": 5000})
    with TestClient(create_app(core.settings, core)) as client, web_server(reply(503), OTHER) as busy:
        body = {"input_audio_source": server.url(), "target_voice_source": "tone-d"}
        assert client.post(CONVERT, json=body).status_code == 413
        answer = client.post(CONVERT, json={**body, "input_audio_source": busy.url()})
        assert (answer.status_code, busy.connections) == (422, 2)


@pytest.mark.parametrize("field", ["voice", "reference_audio_filename"])
def test_a_voice_behind_a_url_speaks_and_is_gone_afterwards(
    client: TestClient, server: WebServer, settings: Settings, field: str
) -> None:
    body = {"text": "Good morning.", field: server.url("/talk.wav?key=secret")}
    answer = client.post("/api/v1/tts", json=body, params={"response_mode": "url"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["voice"].startswith(".from-url/") and answer.json()["voice"].endswith("talk.wav")
    sidecars = [json.loads(path.read_text("utf-8")) for path in settings.paths.output_dir.glob("*.json")]
    assert [sidecar["settings"]["voice"].endswith("talk.wav") for sidecar in sidecars] == [True]
    assert "secret" not in json.dumps(sidecars) and ".from-url" not in json.dumps(sidecars[0]["settings"])
    assert list((settings.paths.reference_audio_dir / ".from-url").iterdir()) == temporary(settings) == []


def test_a_fetched_voice_sounds_like_the_same_recording_in_the_library(
    client: TestClient, server: WebServer, core: CoreEngine, settings: Settings
) -> None:
    settings.paths.reference_audio_dir.mkdir(parents=True, exist_ok=True)
    (settings.paths.reference_audio_dir / "same.wav").write_bytes(wav())
    body = {"text": "Good morning.", "seed": 7, "export_formats": ["wav"]}
    sounds = [client.post("/api/v1/tts", json={**body, "voice": v}).content for v in (server.url(), "same.wav")]
    fetched, stored = (decoded(sound, "wav")[0] for sound in sounds)
    assert np.array_equal(fetched, stored)


def test_speech_that_streams_takes_a_voice_by_url(client: TestClient, server: WebServer, settings: Settings) -> None:
    body = {"text": "Good morning.", "voice": server.url()}
    answer = client.post("/api/v1/tts", json=body, params={"response_mode": "chunked"})
    assert answer.status_code == 200 and len(answer.content) > 1000
    assert list((settings.paths.reference_audio_dir / ".from-url").iterdir()) == []


def test_the_same_rules_hold_for_voices(client: TestClient, settings: Settings) -> None:
    answer = client.post("/api/v1/tts", json={"text": "Hello.", "voice": "http://127.0.0.1:1/a.wav"})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "VALIDATION_ERROR")
    assert answer.json()["detail"][0]["field"] == "voice"
    assert list((settings.paths.reference_audio_dir / ".from-url").iterdir()) == []


def test_jobs_take_no_voice_by_url(client: TestClient, server: WebServer) -> None:
    answer = client.post("/api/v1/jobs", json={"type": "tts", "request": {"text": "Hello.", "voice": server.url()}})
    assert answer.status_code == 422 and "upload the recording" in answer.json()["error"]
    assert server.connections == 0


def test_what_a_killed_process_left_is_removed_by_the_next_request(
    client: TestClient, server: WebServer, settings: Settings
) -> None:
    left = settings.paths.reference_audio_dir / ".from-url" / "left"
    left.mkdir(parents=True)
    os.utime(left, (0, 0))
    assert client.post("/api/v1/tts", json={"text": "Hello.", "voice": server.url()}).status_code == 200
    assert not left.exists()


@pytest.mark.parametrize("kind", ["voice", "vc_input"])
def test_the_library_takes_recordings_behind_urls(
    client: TestClient, server: WebServer, settings: Settings, kind: str
) -> None:
    answer = client.post(
        f"/api/v1/{kind}", data={"url": server.url("/talk.wav?key=secret"), "name": "anna", "tags": "low"}
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["filename"] == "anna.wav" and "secret" not in answer.text
    unnamed = client.post(f"/api/v1/{kind}", data={"url": server.url("/other.wav")})
    assert unnamed.status_code == 200 and unnamed.json()["filename"] == "other.wav", unnamed.text
    assert client.get(f"/api/v1/{kind}/anna.wav/audio").content == wav()
    assert temporary(settings) == []


@pytest.mark.parametrize("kind", ["voice", "vc_input"])
def test_a_file_or_a_url_but_not_both(client: TestClient, server: WebServer, kind: str) -> None:
    both = client.post(
        f"/api/v1/{kind}", data={"url": server.url()}, files={f"{kind}_file": ("a.wav", wav(), "audio/wav")}
    )
    neither = client.post(f"/api/v1/{kind}", data={"name": "anna"})
    for answer in (both, neither):
        assert answer.status_code == 422 and answer.json()["detail"][0]["field"] == f"{kind}_file", answer.text
    inside = client.post(f"/api/v1/{kind}", data={"url": "http://127.0.0.1:1/a.wav"})
    assert (inside.status_code, inside.json()["detail"][0]["field"]) == (400, "url")
    assert server.connections == 0
