"""Check 41: an error has one id everywhere, and no caller can make the metrics grow."""

import asyncio
import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from main_api import create_app
from monitoring.logs import configure_logging
from monitoring.metrics import Metrics
from monitoring.recent import RecentTimes
from monitoring.requests import RequestMonitor
from speech.engines.tone import ToneFaults
from tests.conftest import CoreMaker

pytestmark = pytest.mark.checks

URLS = 100_000
MOST_SERIES = 200


@pytest.fixture
def log_file(tmp_path: Path, logging_as_before: None) -> Path:
    file = tmp_path / "service.log"
    configure_logging("INFO", file, 10, 1, console=io.StringIO())
    return file


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_check_41_one_id_in_body_header_log_and_tracker(make_core: CoreMaker, log_file: Path) -> None:
    core = make_core(ToneFaults("raise", -1))
    with TestClient(create_app(core.settings, core), raise_server_exceptions=False) as client:
        replies = [
            client.post("/api/v1/tts", json={"text": "Hello."}),
            client.post("/api/v1/tts", json={"text": ""}),
            client.post("/api/v1/tts", json={"text": "x", "surprise": 1}),
            client.post("/api/v1/tts", json={"text": "x", "voice": "nobody"}),
            client.post("/api/v1/tts", content=b"x", headers={"content-type": "text/plain"}),
            client.post("/api/v1/tts", content=b"x" * 2_000_000),
            client.put("/api/v1/tts"),
            client.get("/nowhere"),
            client.get("/outputs/../x.wav"),
        ]
        recent = client.get("/api/v1/errors/recent?count=50").json()["recent_errors"]
    tracked = {entry["request_id"]: entry for entry in recent}
    logged = [entry.get("request_id") for entry in lines(log_file)]
    assert {reply.status_code for reply in replies} == {502, 422, 415, 413, 405, 404}
    for reply in replies:
        request_id = reply.json()["request_id"]
        assert request_id == reply.headers["x-request-id"]
        assert request_id in logged
        assert tracked[request_id]["error_code"] == reply.json()["error_code"]
    assert len(recent) == len(replies)


def test_check_41_invented_urls_make_no_series() -> None:
    metrics = Metrics()

    async def nowhere(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def drop(message: Message) -> None:
        return

    async def ask() -> None:
        app = RequestMonitor(nowhere, metrics, RecentTimes())
        for number in range(URLS):
            scope = {"type": "http", "method": f"M{number}", "path": f"/{number}", "state": {"request_id": str(number)}}
            await app(scope, drop, drop)  # type: ignore[arg-type]

    logging.getLogger("chatterbox.access").setLevel(logging.ERROR)
    try:
        asyncio.run(ask())
    finally:
        logging.getLogger("chatterbox.access").setLevel(logging.NOTSET)
    series = [line for line in metrics.exposition().decode().splitlines() if not line.startswith("#")]
    assert len(series) < MOST_SERIES
    assert f'route="unmatched",status="404"}} {URLS}.0' in metrics.exposition().decode().replace("e+05", "00000.0")


def test_check_41_the_whole_service_stays_below_the_bound(client: TestClient) -> None:
    for number in range(60):
        client.get(f"/api/v1/{number}/voices?{number}")
        client.get(f"/outputs/{number}.wav")
    text = client.get("/api/v1/metrics/prometheus").text
    assert len([line for line in text.splitlines() if not line.startswith("#")]) < MOST_SERIES
