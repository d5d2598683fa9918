from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from api_models import CapabilitiesResponse
from config import Settings
from core.engine_choice import build_engine
from exceptions import ConfigurationError, ModelLoadError
from main_api import create_app, main
from speech.engines.protocol import ProgressReport
from speech.engines.tone import ToneFaults
from tests.conftest import CoreMaker
from tests.support.validators import scores


def test_health_says_what_is_loaded(client: TestClient) -> None:
    client.app.state.core.wait_ready(5)  # type: ignore[attr-defined]
    body = client.get("/api/v1/health").json()
    assert body["status"] == "healthy" and body["ready"] is True
    assert body["models_loaded"] == {"tts": True, "vc": True, "whisper": False}
    assert client.get("/api/v1/health/live").json() == {"live": True}
    assert client.get("/api/v1/health/ready").status_code == 200


def test_health_has_the_figures_of_all_parts(client: TestClient, settings: Settings) -> None:
    client.app.state.core.wait_ready(5)  # type: ignore[attr-defined]
    client.post("/api/v1/tts", json={"text": "Hello."})
    client.get("/nowhere")
    body = client.get("/api/v1/health").json()
    metrics = body["metrics"]
    assert (metrics["requests_total"], metrics["requests_success"], metrics["requests_error"]) == (2, 1, 1)
    assert metrics["tts_generations"] == 1 and metrics["model_loads"] == 1 and metrics["success_rate"] == 0.5
    assert metrics["errors_by_type"] == {"RESOURCE_NOT_FOUND": 1}
    assert metrics["requests_by_endpoint"] == {"/api/v1/tts": 1, "unmatched": 1}
    assert body["system_info"]["memory"]["rss_mb"] > 1
    assert body["resource_status"]["outputs"]["file_count"] == 4
    assert body["warnings"] is None and body["error_summary"]["total_errors"] == 1


def test_a_fault_degrades_until_the_next_success(make_core: CoreMaker) -> None:
    core = make_core(ToneFaults("raise", 9))
    with TestClient(create_app(core.settings, core)) as client:
        core.wait_ready(5)
        assert client.post("/api/v1/tts", json={"text": "Hello."}).status_code == 502
        body = client.get("/api/v1/health").json()
        assert body["status"] == "degraded"
        assert body["warnings"] == ["tts failed with GENERATION_ERROR and has not succeeded since."]
        assert client.post("/api/v1/tts", json={"text": "Hello."}).status_code == 200
        assert client.get("/api/v1/health").json()["status"] == "healthy"


def test_a_full_folder_degrades(settings: Settings, make_core: CoreMaker) -> None:
    cleanup = settings.resource_management.cleanup.model_copy(update={"temp_dir_max_files": 1})
    core = make_core(resource_management={"cleanup": cleanup})
    with TestClient(create_app(core.settings, core)) as client:
        core.wait_ready(5)
        settings.paths.temp_dir.mkdir(parents=True, exist_ok=True)
        (settings.paths.temp_dir / "x").touch()
        body = client.get("/api/v1/health").json()
    assert body["status"] == "degraded" and body["warnings"] == ["The folder temp is at 100 % of its limit."]


@pytest.fixture
def broken_client(settings: Settings, make_core: CoreMaker) -> Iterator[TestClient]:
    def fail(report: ProgressReport | None = None) -> None:
        raise ModelLoadError("The model file kokoro.onnx is damaged: run setup again.")

    core = make_core()
    core.engine.load = fail  # type: ignore[method-assign]
    with TestClient(create_app(core.settings, core)) as client:
        core.wait_ready(5)
        yield client


def test_missing_models_leave_the_service_alive_with_the_reason(broken_client: TestClient) -> None:
    assert broken_client.get("/api/v1/health/live").status_code == 200
    ready = broken_client.get("/api/v1/health/ready")
    assert ready.status_code == 503 and "kokoro.onnx is damaged" in ready.json()["reason"]
    assert broken_client.get("/api/v1/health").json()["status"] == "unhealthy"
    spoken = broken_client.post("/api/v1/tts", json={"text": "Hello."})
    assert spoken.status_code == 503
    assert spoken.json()["error_code"] == "MODEL_LOAD_ERROR"
    assert int(spoken.headers["retry-after"]) >= 1


def test_mended_models_make_the_service_ready_again(broken_client: TestClient) -> None:
    core = broken_client.app.state.core  # type: ignore[attr-defined]
    core.engine.load = lambda report=None: None
    assert broken_client.post("/api/v1/tts", json={"text": "Hello."}).status_code == 200
    assert broken_client.get("/api/v1/health/ready").status_code == 200


def test_capabilities_describe_engine_and_validator(settings: Settings, make_core: CoreMaker) -> None:
    core = make_core(validator=scores(0.9))
    with TestClient(create_app(settings, core)) as client:
        body = CapabilitiesResponse.model_validate(client.get("/api/v1/capabilities").json())
    assert body.engine == "tone" and body.validator == "scripted"
    assert {"embedded", "tone"} <= set(body.engines)
    assert body.active.parameters[0].name == "speed"
    assert len(body.active.voices) == 8
    assert body.formats == ["wav", "mp3", "flac", "opus", "aac"]


def test_config_shows_values_without_folders(client: TestClient, settings: Settings) -> None:
    reply = client.get("/api/v1/config")
    body = reply.json()
    assert body["settings"]["server"]["port"] == 7860
    assert body["tts_defaults"]["on_failure"] == "best"
    assert "paths" not in body["settings"] and "local_dir" not in body["settings"]["models"]
    assert str(settings.paths.output_dir.parent) not in reply.text


def test_root_names_the_entrances(client: TestClient) -> None:
    assert client.get("/").json()["endpoints"]["speech"] == "/api/v1/tts"


def test_openapi_lists_every_route_with_its_errors(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert set(paths) >= {
        "/api/v1/tts", "/api/v1/health", "/api/v1/health/live", "/api/v1/health/ready", "/api/v1/capabilities",
        "/api/v1/config", "/outputs/{path}", "/api/v1/tts/files", "/api/v1/text/preview",
        "/api/v1/metrics", "/api/v1/metrics/prometheus", "/api/v1/errors/summary",
        "/api/v1/errors/recent", "/api/v1/resources", "/api/v1/cleanup", "/api/v1/cleanup/status",
    }  # fmt: skip
    assert "503" in paths["/api/v1/tts"]["post"]["responses"]


def test_auto_takes_the_embedded_engine_and_says_why(settings: Settings) -> None:
    models = settings.models.model_copy(update={"engine": "auto"})
    chosen = build_engine(settings.model_copy(update={"models": models}))
    assert chosen.engine.capabilities.engine == "embedded"
    assert "auto" in chosen.reason


def test_an_unknown_engine_names_those_there_are(settings: Settings) -> None:
    models = settings.models.model_copy(update={"engine": "elevenlabs"})
    with pytest.raises(ConfigurationError, match="embedded, tone"):
        build_engine(settings.model_copy(update={"models": models}))


def test_a_faulty_configuration_ends_the_program_with_one_sentence(
    tmp_path: object, capsys: pytest.CaptureFixture[str]
) -> None:
    from pathlib import Path

    file = Path(str(tmp_path)) / "config.yaml"
    file.write_text("server: {prot: 1}")
    assert main(["--config", str(file)]) == 2
    error = capsys.readouterr().err
    assert "server.port" in error and error.count("\n") == 1
