from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api_models import TTSRequest
from config import Settings
from exceptions import CancelledError, GenerationError
from main_api import create_app
from speech.cancel import CancelToken
from speech.engines.tone import ToneFaults
from tests.conftest import CoreMaker


def recent(client: TestClient) -> list[dict[str, Any]]:
    body = client.get("/api/v1/errors/recent?count=50").json()
    return [entry for entry in body["recent_errors"] if entry["operation"] != "model_load"]


def test_a_generation_error_is_recorded_once_with_its_request(make_core: CoreMaker) -> None:
    core = make_core(ToneFaults("raise", -1))
    with TestClient(create_app(core.settings, core)) as client:
        reply = client.post("/api/v1/tts", json={"text": "Hello."})
        (entry,) = recent(client)
        metrics = client.get("/api/v1/metrics/prometheus").text
        summary = client.get("/api/v1/errors/summary").json()
    assert reply.status_code == 502
    assert entry["error_code"] == "GENERATION_ERROR" and entry["operation"] == "tts"
    assert entry["error_type"] == "GenerationError" and entry["severity"] == "high"
    assert entry["request_id"] == reply.headers["x-request-id"] and entry["context"]["chunk"] == 0
    assert 'chatterbox_errors_total{code="GENERATION_ERROR"} 1.0' in metrics
    assert summary["by_operation"]["tts"] == 1 and summary["unresolved_count"] == 1


def test_a_generation_error_outside_of_http_is_recorded_too(make_core: CoreMaker) -> None:
    core = make_core(ToneFaults("raise", -1))
    with TestClient(create_app(core.settings, core)) as client:
        with pytest.raises(GenerationError):
            core.tts(TTSRequest(text="Hello."))
        (entry,) = recent(client)
    assert entry["operation"] == "tts" and entry["request_id"]


def test_what_nobody_waits_for_any_more_is_no_error(make_core: CoreMaker) -> None:
    core = make_core()
    token = CancelToken()
    token.cancel()
    with TestClient(create_app(core.settings, core)) as client:
        with pytest.raises(CancelledError):
            core.tts(TTSRequest(text="Hello."), cancel=token)
        assert recent(client) == []


def test_without_categories_all_errors_are_alike(make_core: CoreMaker, settings: Settings) -> None:
    tracking = settings.error_handling.error_tracking.model_copy(update={"auto_categorization": False})
    core = make_core(error_handling={"error_tracking": tracking})
    with TestClient(create_app(core.settings, core)) as client:
        client.get("/nowhere")
        (entry,) = recent(client)
    assert (entry["category"], entry["severity"]) == ("permanent", "medium")


def test_unforeseen_errors_show_no_paths(make_core: CoreMaker, tmp_path: Path) -> None:
    core = make_core()

    def broken(*arguments: object, **keywords: object) -> None:
        raise FileNotFoundError(str(tmp_path))

    core.order = broken  # type: ignore[method-assign, assignment]
    with TestClient(create_app(core.settings, core), raise_server_exceptions=False) as client:
        client.post("/api/v1/tts", json={"text": "Hello."})
        reply = client.get("/api/v1/errors/recent")
    assert "FileNotFoundError" in reply.text and str(tmp_path) not in reply.text


def test_the_count_is_bounded(client: TestClient) -> None:
    assert client.get("/api/v1/errors/recent?count=51").status_code == 422
    assert client.get("/api/v1/errors/recent?count=0").json()["recent_errors"] == []
