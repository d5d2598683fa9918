"""The page as it is served: mounted or alone, with its icon, without files or addresses it should not hand out."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

import Chatter
from api_models import TTSDefaults, TTSRequest
from config import Settings
from core_engine import CoreEngine
from exceptions import ModelLoadError
from tests.conftest import CoreMaker
from ui.page import create_page_app, mount_page

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def core(make_core: CoreMaker) -> CoreEngine:
    return make_core()


@pytest.fixture
def mounted(core: CoreEngine) -> Iterator[TestClient]:
    app = FastAPI()
    mount_page(app, core)
    with TestClient(app) as client:
        yield client


def controls(client: TestClient, path: str) -> dict[str, dict[str, Any]]:
    """Properties of the page's components by their label; the first tab's, where several have the same."""
    parts = client.get(f"{path}config").json()["components"]
    return {part["props"].get("label") or part["props"].get("value"): part["props"] for part in reversed(parts)}


def test_the_page_is_where_the_settings_put_it(mounted: TestClient, settings: Settings) -> None:
    reply = mounted.get("/ui/")

    assert reply.status_code == 200
    assert settings.ui.title in reply.text
    assert mounted.get("/").status_code == 404


@pytest.mark.parametrize("path", ["/ui", ""])
def test_scripts_and_styles_are_served_as_they_are_and_kept(core: CoreEngine, path: str) -> None:
    app = create_page_app(core) if not path else FastAPI()
    if path:
        mount_page(app, core)
    with TestClient(app) as client:
        names = re.findall(r'"\./(assets/[^"]+\.(?:js|css))"', client.get(f"{path}/").text)
        replies = [client.get(f"{path}/{name}") for name in names]
        missing = [client.get(f"{path}/assets/{name}").status_code for name in ("none.js", "..%2Findex.html")]

    assert len(replies) >= 2
    assert {reply.status_code for reply in replies} == {200}
    assert all("immutable" in reply.headers["cache-control"] for reply in replies)
    assert not any("content-encoding" in reply.headers for reply in replies)
    assert missing == [404, 404]


def test_controls_start_at_the_operators_defaults(make_core: CoreMaker) -> None:
    core = make_core(tts_defaults={"voice": "tone-d", "speed_factor": 1.25, "sentence_pause_ms": 90})
    with TestClient(create_page_app(core)) as client:
        shown = controls(client, "/")

    assert shown["Voice"]["value"] == "tone-d"
    assert shown["Speed"]["value"] == 1.25
    assert shown["Pause after a sentence (ms)"]["value"] == 90
    assert not shown["Lowest score that passes"]["interactive"]


def test_settings_without_effect_say_so(mounted: TestClient) -> None:
    shown = controls(mounted, "/ui/")
    for label in ("Keep the first take unchecked", "Exaggeration", "No watermark"):
        assert shown[label]["info"].startswith("Has no effect with this engine.")
        assert not shown[label]["interactive"]
    assert shown["Seed"]["interactive"]


def test_every_field_of_a_request_is_on_the_page(mounted: TestClient) -> None:
    parts = mounted.get("/ui/config").json()["components"]
    shown = {part["props"].get("elem_id", "") for part in parts}
    elsewhere = {"voice", "speed_factor", "engine", "model"}
    missing = [name for name in TTSDefaults.model_fields if f"field-{name}" not in shown and name not in elsewhere]
    assert missing == []


def test_alone_the_page_loads_the_models_and_closes_them(core: CoreEngine) -> None:
    with TestClient(create_page_app(core)) as client:
        assert client.get("/").status_code == 200
        assert core.wait_ready(10).ready
    assert core.readiness.state == "stopping"


def test_icon(mounted: TestClient) -> None:
    icon = mounted.get("/favicon.ico")

    assert icon.headers["content-type"] == "image/svg+xml"
    assert icon.text.startswith("<svg")
    assert "data:image/svg+xml;base64," in mounted.get("/ui/").text


def test_no_file_of_the_service_is_handed_out(mounted: TestClient, core: CoreEngine) -> None:
    file = core.tts(TTSRequest(text="Hello.", export_formats=["wav"])).files[0].path
    sidecar = file.with_suffix(".json")
    assert sidecar.is_file()

    for path in (ROOT / "config.yaml", ROOT / "main_api.py", file, sidecar, Path("/etc/passwd")):
        assert mounted.get(f"/ui/gradio_api/file={path}").status_code == 403


@pytest.mark.parametrize("address", ["https://example.org/", "http://127.0.0.1/", "HTTPS://example.org/"])
def test_the_page_fetches_no_addresses(mounted: TestClient, address: str) -> None:
    assert mounted.get(f"/ui/gradio_api/file={address}").status_code == 403
    assert mounted.get(f"/ui/gradio_api/proxy={address}").status_code == 403


def test_uploads_are_limited_like_every_body(make_core: CoreMaker) -> None:
    core = make_core(api={"max_body_bytes": 2048})
    with TestClient(create_page_app(core)) as client:
        assert client.post("/gradio_api/upload", files={"files": ("a.txt", b"x")}).status_code == 200
        assert client.post("/gradio_api/upload", files={"files": ("a.txt", b"x" * 4096)}).status_code == 413


def test_a_form_beyond_the_body_limit_gets_a_sentence(make_core: CoreMaker) -> None:
    core = make_core(api={"max_body_bytes": 2048, "max_text_length": 1000})
    with TestClient(create_page_app(core)) as client:
        reply = client.post("/gradio_api/queue/join", content=b"x" * 4096)

    assert reply.status_code == 413
    assert reply.json() == {"error": "The text is too long; at most 1,000 characters are allowed."}


def test_nothing_of_the_page_is_a_public_function(mounted: TestClient) -> None:
    info = mounted.get("/ui/gradio_api/info").json()

    assert info == {"named_endpoints": {}, "unnamed_endpoints": {}}


def test_no_outside_address_is_named_in_the_page(mounted: TestClient) -> None:
    config = mounted.get("/ui/config").json()

    assert config["analytics_enabled"] is False
    assert config["footer_links"] == []
    assert not config.get("run_history")


def call(client: TestClient, trigger: str) -> list[Any]:
    """Run the handler of a page event as the browser does and return what it shows."""
    config = client.get("/config").json()
    *_, function = (  # the banner is laid out last
        part["id"] for part in config["dependencies"] if any(target[1] == trigger for target in part["targets"])
    )
    reply = client.post("/gradio_api/run/predict", json={"fn_index": function, "data": [], "session_hash": "s"})
    data: list[Any] = reply.json()["data"]
    return data


@pytest.mark.checks
def test_check_35_opening_the_page_tells_that_the_model_failed_to_load(
    core: CoreEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(report: object = None) -> None:
        raise ModelLoadError("The file voices.bin is damaged.")

    monkeypatch.setattr(core.engine, "load", broken)
    with TestClient(create_page_app(core)) as client:
        core.wait_ready(10)
        banner, timer = call(client, "load")

    assert "The file voices.bin is damaged." in banner["value"]
    assert banner["visible"]
    assert not timer["active"]


def test_the_banner_is_gone_once_the_model_is_there(core: CoreEngine) -> None:
    with TestClient(create_page_app(core)) as client:
        core.wait_ready(10)
        banner, timer = call(client, "tick")

    assert not banner["visible"]
    assert not timer["active"]


def test_a_faulty_configuration_ends_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], logging_as_before: None
) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("models: {engine: nothing-like-it}\n", encoding="utf-8")

    assert Chatter.main(["--config", str(file)]) == 2
    assert "nothing-like-it" in capsys.readouterr().err


def test_an_existing_core_can_be_given_a_page(core: CoreEngine) -> None:
    assert Chatter.create_interface(core).title == core.settings.ui.title


def test_importing_the_page_does_not_bring_in_gradio() -> None:
    code = "import sys, ui.page, Chatter; sys.exit('gradio' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
