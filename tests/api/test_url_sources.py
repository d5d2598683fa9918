"""Recordings behind URLs: refused unless the operator allows it, else used like any other."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from config import Settings
from core_engine import CoreEngine
from main_api import create_app
from tests.api.test_vc import wav
from tests.conftest import CoreMaker
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
