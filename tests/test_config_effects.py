"""Every key of config.yaml has its effect: each test changes one in a file and looks at the service."""

import asyncio
import io
import json
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import uvicorn
import yaml
from starlette.testclient import TestClient

from api_models import TTSDefaults, TTSRequest
from config import Settings, load_settings
from core.engine_choice import build_engine
from core_engine import CoreEngine
from exceptions import ConfigurationError, InvalidRequestError, ModelLoadError
from launcher.serving import _place
from main_api import create_app
from monitoring.logs import configure_logging
from serving import _Server, serve

Load = Callable[..., Settings]
HELLO = {"text": "Hello there, this is a sentence."}


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Settings from a file with the tone engine, no page, and what is given."""

    def load(**sections: Any) -> Settings:
        content: dict[str, Any] = {"models": {"engine": "tone"}, "ui": {"enable_ui": False}}
        for name, values in sections.items():
            content[name] = {**content.get(name, {}), **values}
        file = tmp_path / "config.yaml"
        file.write_text(yaml.safe_dump(content), "utf-8")
        return load_settings(file)

    return load


def logged(settings: Settings) -> Path:
    server = settings.server
    assert server.log_file_path is not None
    configure_logging(
        server.log_level, server.log_file_path, server.log_file_max_size_mb, server.log_file_backup_count,
        console=io.StringIO(),
    )  # fmt: skip
    return server.log_file_path


def test_server_host_and_port(load: Load, tmp_path: Path) -> None:
    load(server={"host": "127.0.0.9", "port": 7999})
    place = _place(None, None, tmp_path / "config.yaml")
    assert (place.host, place.port) == ("127.0.0.9", 7999)


def test_server_log_keys(load: Load, tmp_path: Path, logging_as_before: None) -> None:
    file = logged(
        load(
            server={
                "log_level": "ERROR", "log_file_path": "own/service.log", "log_file_max_size_mb": 0.001,
                "log_file_backup_count": 3,
            }
        )
    )  # fmt: skip
    assert file == tmp_path / "own" / "service.log"
    for number in range(60):
        logging.getLogger("x").warning("not this")
        logging.getLogger("x").error("line %d", number)
    assert "not this" not in file.read_text()
    assert len(list(file.parent.iterdir())) == 4


@pytest.mark.parametrize("name", ["reference_audio_dir", "vc_input_dir", "output_dir", "temp_dir", "logs_dir"])
def test_paths(load: Load, tmp_path: Path, name: str) -> None:
    settings = load(paths={name: "elsewhere"}, resource_management={"cleanup": {"cleanup_on_startup": False}})
    core = CoreEngine(settings)
    place = tmp_path / "elsewhere"
    with TestClient(create_app(settings, core)) as client:
        if name == "output_dir":
            client.post("/api/v1/tts", json=HELLO)
            assert list(place.glob("tts_*.wav"))
        elif name == "logs_dir":
            client.get("/nowhere")
            assert (place / "errors.jsonl").is_file()
        elif name == "temp_dir":
            client.post("/api/v1/tts", json={**HELLO, "trim": True})
            assert place.is_dir()
        else:
            place.mkdir()
            (place / "empty.wav").touch()
            os.utime(place / "empty.wav", (1, 1))
            assert client.post("/api/v1/cleanup").json()["total_files_removed"] == 1


def test_models_device(load: Load) -> None:
    assert build_engine(load(models={"device": "cpu"})).engine.capabilities.engine == "tone"
    with pytest.raises(ConfigurationError, match="CPU only") as caught:
        build_engine(load(models={"device": "cuda"}))
    assert caught.value.field == "models.device"


@pytest.mark.parametrize("wanted", [True, False])
def test_models_preload_models(load: Load, wanted: bool) -> None:
    settings = load(models={"preload_models": wanted})
    core = CoreEngine(settings)
    with TestClient(create_app(settings, core)) as client:
        if wanted:
            assert core.wait_ready(5).ready
        assert client.get("/api/v1/health").json()["models_loaded"]["tts"] is wanted


def test_api_max_text_length(load: Load) -> None:
    with TestClient(create_app(load(api={"max_text_length": 12_000}))) as client:
        assert client.post("/api/v1/text/preview", json={"text": "a " * 5_900}).status_code == 200
        assert client.post("/api/v1/text/preview", json={"text": "a " * 6_001}).status_code == 422


@pytest.mark.parametrize("wanted", [True, False])
def test_api_cleanup_temp_files(load: Load, tmp_path: Path, wanted: bool) -> None:
    (tmp_path / "temp").mkdir()
    (tmp_path / "temp" / "left").touch()
    with TestClient(create_app(load(api={"cleanup_temp_files": wanted}))):
        pass
    assert (tmp_path / "temp" / "left").exists() is not wanted


CHANGED: dict[str, Any] = {
    "exaggeration": 0.7, "temperature": 0.9, "cfg_weight": 0.4, "seed": 5, "num_candidates_per_chunk": 2,
    "max_attempts_per_candidate": 2, "bypass_whisper_checking": True, "whisper_model_name": "base",
    "use_faster_whisper": False, "use_longest_transcript_on_fail": False, "enable_batching": True,
    "smart_batch_short_sentences": False, "to_lowercase": False, "normalize_spacing": False,
    "fix_dot_letters": False, "remove_reference_numbers": False, "use_auto_editor": True, "ae_threshold": 0.1,
    "ae_margin": 0.5, "normalize_audio": True, "normalize_method": "peak", "normalize_level": -20.0,
    "normalize_tp": -3.0, "normalize_lra": 9.0, "disable_watermark": True, "export_formats": ["flac"],
    "speed_factor": 1.5,
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGED)
def test_tts_defaults(load: Load, name: str) -> None:
    assert getattr(TTSDefaults(), name) != CHANGED[name]
    settings = load(tts_defaults={name: CHANGED[name]})
    core = CoreEngine(settings)
    try:
        result = core.tts(TTSRequest(**HELLO))
    finally:
        core.close()
    (sidecar,) = [text for text in result.texts if text.format == "json"]
    assert json.loads(sidecar.path.read_text("utf-8"))["settings"][name] == CHANGED[name]
    if name == "export_formats":
        assert [file.format for file in result.files] == ["flac"]


def test_speed_factor(load: Load) -> None:
    def seconds(**section: Any) -> float:
        core = CoreEngine(load(speed_factor=section))
        try:
            return core.tts(TTSRequest(**HELLO)).audio_seconds
        finally:
            core.close()

    assert seconds(default_speed_factor=2.0) == pytest.approx(seconds() / 2, rel=0.1)


def test_speed_factor_library(load: Load) -> None:
    assert load(speed_factor={"preferred_library": "librosa"}).tts_defaults.speed_factor_library == "librosa"
    core = CoreEngine(load(speed_factor={"preferred_library": "librosa", "default_speed_factor": 1.5}))
    try:
        assert "librosa" in core.tts(TTSRequest(**HELLO)).warnings[0]
    finally:
        core.close()


def test_speed_factor_range(load: Load) -> None:
    core = CoreEngine(load(speed_factor={"min_speed_factor": 0.8, "max_speed_factor": 1.2}))
    try:
        for speed in (0.7, 1.3):
            with pytest.raises(InvalidRequestError, match=r"0\.8 to 1\.2") as caught:
                core.plan(TTSRequest(**HELLO, speed_factor=speed))
            assert caught.value.field == "speed_factor"
        core.plan(TTSRequest(**HELLO, speed_factor=1.2))
    finally:
        core.close()


def test_the_speed_of_tts_defaults_wins(load: Load) -> None:
    settings = load(speed_factor={"default_speed_factor": 1.5}, tts_defaults={"speed_factor": 1.2})
    assert settings.tts_defaults.speed_factor == 1.2


def test_ui_keys(load: Load) -> None:
    settings = load(ui={"enable_ui": True, "title": "Mine", "mount_path": "/voice"})
    with TestClient(create_app(settings)) as client:
        assert client.get("/").json()["endpoints"]["page"] == "/voice"
        assert "Mine" in client.get("/voice/").text
    with TestClient(create_app(load(ui={"enable_ui": False}))) as client:
        assert client.get("/voice/").status_code == 404


@pytest.mark.parametrize(
    ("key", "value", "folder", "removed"),
    [
        ("output_dir_max_size_gb", 1e-8, "outputs", 3),
        ("vc_inputs_max_size_gb", 1e-8, "vc_inputs", 3),
        ("temp_dir_max_files", 1, "temp", 2),
        ("temp_dir_max_age_days", 1, "temp", 3),
        ("grace_period_minutes", 10**8, "outputs", 0),
    ],
)
def test_cleanup_limits(load: Load, tmp_path: Path, key: str, value: float, folder: str, removed: int) -> None:
    (tmp_path / folder).mkdir()
    for number in range(3):
        path = tmp_path / folder / f"{number}.wav"
        path.write_bytes(b"0" * 100)
        os.utime(path, (10**9 + number, 10**9 + number))
    limits: dict[str, Any] = {"cleanup_on_startup": False, "temp_dir_max_age_days": 10**5, key: value}
    if key == "grace_period_minutes":
        limits["output_dir_max_size_gb"] = 1e-8
    with TestClient(create_app(load(resource_management={"cleanup": limits}))) as client:
        assert client.post("/api/v1/cleanup").json()["total_files_removed"] == removed


@pytest.mark.parametrize("wanted", [True, False])
def test_cleanup_on_startup(load: Load, tmp_path: Path, wanted: bool) -> None:
    settings = load(resource_management={"cleanup": {"cleanup_on_startup": wanted, "cleanup_interval_hours": 0}})
    app = create_app(settings)
    with TestClient(app):
        pass  # a stop waits for the clean-up under way
    assert app.state.resources.count == int(wanted)


@pytest.mark.parametrize("hours", [0, 3])
def test_cleanup_interval_hours(load: Load, hours: int) -> None:
    settings = load(resource_management={"cleanup": {"cleanup_on_startup": False, "cleanup_interval_hours": hours}})
    with TestClient(create_app(settings)) as client:
        schedule = client.get("/api/v1/cleanup/status").json()["scheduler"]
    assert schedule["cleanup_interval_hours"] == hours and schedule["running"] is bool(hours)


def test_warning_threshold_percent(load: Load, tmp_path: Path) -> None:
    (tmp_path / "temp").mkdir()
    (tmp_path / "temp" / "x").touch()
    for threshold, warned in ((50, True), (51, False)):
        limits = {"temp_dir_max_files": 2, "warning_threshold_percent": threshold, "cleanup_on_startup": False}
        settings = load(resource_management={"cleanup": limits}, api={"cleanup_temp_files": False})
        with TestClient(create_app(settings)) as client:
            assert bool(client.get("/api/v1/resources").json()["warnings"]) is warned


def test_error_tracking_keys(load: Load, logging_as_before: None) -> None:
    settings = load(
        error_handling={
            "error_tracking": {"max_errors_stored": 2, "auto_categorization": False, "log_error_summaries": True}
        }
    )
    file = logged(settings)
    with TestClient(create_app(settings)) as client:
        for _ in range(4):
            client.get("/nowhere")
        body = client.get("/api/v1/errors/recent").json()
    assert body["total_stored"] == 2 and body["recent_errors"][0]["severity"] == "medium"
    assert "errors in 24 hours" in file.read_text()


def test_error_summaries_off(load: Load, logging_as_before: None) -> None:
    settings = load(error_handling={"error_tracking": {"log_error_summaries": False}})
    file = logged(settings)
    with TestClient(create_app(settings)) as client:
        client.get("/nowhere")
    assert "errors in 24 hours" not in file.read_text()


def test_loading_timeout_seconds(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    core = CoreEngine(load(error_handling={"model_loading": {"loading_timeout_seconds": 0.3}}))
    gate = threading.Event()

    def slow_load(report: Callable[[str, float], None]) -> None:
        for share in range(8):  # longer than the limit, but it tells of progress
            report("A file is being downloaded", share / 8)
            time.sleep(0.1)
        gate.wait(10)

    with monkeypatch.context() as slow:
        slow.setattr(core.engine, "load", slow_load)
        started = time.monotonic()
        readiness = core.wait_ready(5)
    assert readiness.state == "failed" and "no progress in loading for 0.3 s" in readiness.reason
    assert 0.8 < time.monotonic() - started < 4
    gate.set()
    core.models.load("tts")
    assert core.readiness.ready
    core.close()


@pytest.mark.parametrize("wanted", [True, False])
def test_shutdown_on_failure(load: Load, wanted: bool) -> None:
    core = CoreEngine(load(server={"port": 0}, error_handling={"model_loading": {"shutdown_on_failure": wanted}}))

    def broken(*_: object) -> None:
        raise ModelLoadError("The file voices.bin is damaged.")

    core.engine.load = broken  # type: ignore[method-assign]
    app = create_app(core.settings, core)
    if wanted:
        assert serve(app, core) == 1
        return
    server = _Server(uvicorn.Config(app, lifespan="off"), core, 0)
    assert core.wait_ready(5).state == "failed"
    assert not asyncio.run(server.on_tick(1))
    core.close()
