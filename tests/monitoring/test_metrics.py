import time
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from api_models import TTSRequest
from config import Settings
from exceptions import CancelledError
from main_api import create_app
from monitoring.recent import RecentTimes
from speech.cancel import CancelToken
from tests.conftest import CoreMaker
from tests.support.validators import scores


@pytest.fixture
def checked_client(settings: Settings, make_core: CoreMaker) -> Iterator[TestClient]:
    with TestClient(create_app(settings, make_core(validator=scores(0.9)))) as client:
        yield client


def samples(client: TestClient) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = client.get("/api/v1/metrics/prometheus").text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(client: TestClient, name: str, **labels: str) -> float:
    return samples(client).get((f"chatterbox_{name}", tuple(sorted(labels.items()))), 0.0)


def test_a_spoken_request_is_counted_in_all_its_parts(checked_client: TestClient) -> None:
    client = checked_client
    reply = client.post(
        "/api/v1/tts?response_mode=url", json={"text": "One whole sentence stands here. And another one stands there."}
    )
    audio = reply.json()["audio_seconds"]
    assert value(client, "http_requests_total", method="POST", route="/api/v1/tts", status="200") == 1
    assert value(client, "operations_total", kind="tts", outcome="done") == 1
    assert value(client, "operations_in_progress", kind="tts") == 0
    assert value(client, "audio_seconds_total", kind="tts") == pytest.approx(audio, abs=0.01)
    assert value(client, "chunks_total") == 2
    assert value(client, "takes_total", verdict="passed") == 2
    assert value(client, "take_score_count") == 2
    assert value(client, "take_score_sum") == pytest.approx(1.8)
    assert value(client, "first_audio_seconds_count", kind="tts") == 1
    assert value(client, "real_time_factor_count", kind="tts") == 1
    assert value(client, "model_loaded", model="tts") == 1
    assert value(client, "disk_free_bytes") > 0
    assert value(client, "queue_depth") == 0
    assert value(client, "queue_wait_seconds_count") == 1


def test_a_cancelled_operation_counts_as_such(settings: Settings, make_core: CoreMaker) -> None:
    core = make_core()
    token = CancelToken()
    token.cancel()
    with TestClient(create_app(settings, core)) as client:
        with pytest.raises(CancelledError):
            core.tts(TTSRequest(text="Hello."), cancel=token)
        assert value(client, "cancellations_total", kind="tts") == 1
        assert value(client, "operations_total", kind="tts", outcome="cancelled") == 1


def test_errors_are_counted_by_code(client: TestClient) -> None:
    client.post("/api/v1/tts", json={"text": ""})
    client.get("/nowhere")
    client.post("/api/v1/tts", content=b"x" * 2_000_000)
    for code in ("VALIDATION_ERROR", "RESOURCE_NOT_FOUND", "PAYLOAD_TOO_LARGE"):
        assert value(client, "errors_total", code=code) == 1


def test_the_route_label_is_the_template(client: TestClient) -> None:
    client.get("/outputs/a/b.wav")
    client.request("BREW", "/pot")
    assert value(client, "http_requests_total", method="GET", route="/outputs/{path}", status="404") == 1
    assert value(client, "http_requests_total", method="OTHER", route="unmatched", status="404") == 1


def test_the_hours_figures_have_the_documented_shape(client: TestClient) -> None:
    client.post("/api/v1/tts", json={"text": "Hello."})
    body: dict[str, Any] = client.get("/api/v1/metrics").json()
    assert set(body) == {"timestamp", "system", "performance"}
    assert body["system"]["memory"]["rss_mb"] > 1 and body["system"]["disk"]["free_gb"] > 0
    assert body["system"]["file_counts"]["outputs"] == 4
    performance = body["performance"]
    assert performance["time_window_minutes"] == 60
    assert performance["response_times"]["count"] == 1
    assert 0 < performance["processing_times"]["min"] <= performance["processing_times"]["p95"]


def test_recent_times_forget_after_an_hour() -> None:
    now = 0.0
    times = RecentTimes(lambda: now)
    times.add(9.0)
    now = 3000.0
    for seconds in (1.0, 2.0, 3.0):
        times.add(seconds)
    now = 3601.0
    assert times.summary() == {"min": 1000, "max": 3000, "avg": 2000, "p50": 2000, "p95": 2900, "count": 3}
    now = 9000.0
    assert times.summary()["count"] == 0


def test_chunks_of_jobs_are_counted(client: TestClient) -> None:
    text = "One whole sentence stands here. And another one stands there."
    job = client.post("/api/v1/jobs", json={"type": "tts", "request": {"text": text}}).json()["id"]
    end = time.monotonic() + 10
    while client.get(f"/api/v1/jobs/{job}").json()["state"] != "done":
        assert time.monotonic() < end
        time.sleep(0.02)
    assert value(client, "operations_total", kind="job_chunk", outcome="done") == 2
    assert value(client, "operations_total", kind="job_assembly", outcome="done") == 1
    assert value(client, "takes_total", verdict="not_checked") == 2
