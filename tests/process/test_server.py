"""The service as a process of its own, with the tone engine."""

import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.support.server import Server

pytestmark = pytest.mark.process


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path, "models: {engine: tone}\nui: {enable_ui: false}\n")
    yield server
    server.close()


def test_speaks_stores_beside_its_configuration_and_stops_cleanly(server: Server, tmp_path: Path) -> None:
    server.wait_ready()
    reply = server.client.post("/api/v1/tts", json={"text": "Hello there."})
    assert reply.status_code == 200 and reply.content[:4] == b"RIFF"
    endings = sorted(path.name.partition(".")[2] for path in (tmp_path / "outputs").glob("tts_*"))
    assert endings == ["json", "mp3", "settings.csv", "wav"]
    server.process.send_signal(signal.SIGTERM)
    # uvicorn raises the signal again after an orderly end.
    assert server.process.wait(15) in (0, -signal.SIGTERM)
    assert "Traceback" not in server.log.read_text()


def test_ready_within_seconds(server: Server) -> None:
    started = time.monotonic()
    server.wait_ready()
    assert time.monotonic() - started < 20


def test_a_running_request_ends_before_the_process(tmp_path: Path) -> None:
    server = Server(tmp_path, "models: {engine: tone, options: {delay: 1.5}}\nui: {enable_ui: false}\n")
    try:
        server.wait_ready()
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(1) as pool:
            reply = pool.submit(server.client.post, "/api/v1/tts", json={"text": "Hello there."})
            while (
                httpx2.get(f"http://127.0.0.1:{server.port}/api/v1/health", trust_env=False).json()["active_requests"]
                == 0
            ):
                time.sleep(0.02)
            server.process.send_signal(signal.SIGTERM)
            assert reply.result(15).status_code == 200
        server.process.wait(15)
    finally:
        server.close()


@pytest.mark.checks
def test_check_35_a_corrupt_model_keeps_the_process_alive_and_not_ready(tmp_path: Path) -> None:
    (tmp_path / "weights" / "kokoro-v1.0").mkdir(parents=True)
    (tmp_path / "weights" / "kokoro-v1.0" / "kokoro-v1.0.int8.onnx").write_bytes(b"not a model")
    server = Server(
        tmp_path,
        "models: {engine: embedded, local_dir: weights, allow_hub: false}\n"
        "validation: {enabled: false}\nui: {enable_ui: false}\n",
    )
    try:
        end = time.monotonic() + 30
        state = {}
        while time.monotonic() < end and state.get("state") != "failed":
            try:
                state = server.client.get("/api/v1/health/ready").json()
            except httpx2.TransportError:
                assert server.process.poll() is None, server.log.read_text()
            time.sleep(0.1)
        assert state["state"] == "failed"
        assert re.search(r"kokoro-v1\.0\.int8\.onnx", state["reason"])
        reply = server.client.post("/api/v1/tts", json={"text": "Hello there."})
        assert reply.status_code == 503 and reply.json()["error_code"] == "MODEL_LOAD_ERROR"
        assert server.client.get("/api/v1/health/live").status_code == 200
    finally:
        server.close()
