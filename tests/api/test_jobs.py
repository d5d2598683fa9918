"""Long works over HTTP."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

JOBS = "/api/v1/jobs"


def body(count: int = 2, **fields: Any) -> dict[str, Any]:
    text = " ".join(f"This is the sentence with the number {number} of the text." for number in range(count))
    return {"type": "tts", "request": {"text": text, "export_formats": ["wav"], **fields}}


def finished(client: TestClient, job_id: str) -> dict[str, Any]:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        reply: dict[str, Any] = client.get(f"{JOBS}/{job_id}").json()
        if reply["state"] in ("done", "failed"):
            return reply
        time.sleep(0.02)
    raise AssertionError("the job did not end")


def events_of(text: str) -> list[tuple[int, str, dict[str, Any]]]:
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if line and not line.startswith(":"))
        if lines:
            found.append((int(lines["id"]), lines["event"], json.loads(lines["data"])))
    return found


def test_a_job_is_accepted_located_and_done(client: TestClient) -> None:
    reply = client.post(JOBS, json=body())
    assert reply.status_code == 202 and reply.json()["state"] == "queued"
    place = reply.headers["Location"]
    assert place == f"{JOBS}/{reply.json()['id']}"
    done = finished(client, reply.json()["id"])
    assert client.get(place).json() == done
    audio = client.get(done["result"]["output_files"][0]["url"])
    assert audio.status_code == 200 and audio.content[:4] == b"RIFF"
    assert client.get(JOBS).json()["total"] == 1
    assert client.get(JOBS, params={"state": "paused"}).json()["jobs"] == []


def test_a_text_too_long_for_a_request_may_be_a_job(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    long = body(300)
    assert client.post("/api/v1/tts", json=long["request"]).status_code == 422
    reply = client.post(JOBS, json=long)
    assert reply.status_code == 202 and reply.json()["progress"]["chunks"] == 300
    client.post(f"{JOBS}/{reply.json()['id']}/cancel")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": "song"}, "type"),
        ({"request": {"text": "Hello."}, "prio": 1}, "tts.prio"),
        ({"request": {"text": "Hello.", "speed_factor": 9}}, "tts.request.speed_factor"),
        ({"request": {"text": "Hello.", "voice": "nobody"}}, "voice"),
        ({"webhook_url": "http://127.0.0.1/"}, "webhook_url"),
    ],
)
def test_faults_are_named_by_field_and_nothing_is_stored(
    client: TestClient, change: dict[str, Any], field: str
) -> None:
    reply = client.post(JOBS, json={**body(), **change})
    assert reply.status_code == 422
    assert reply.json()["detail"][0]["field"] == field
    assert client.get(JOBS).json()["total"] == 0


def test_the_same_key_makes_one_job(client: TestClient) -> None:
    key = {"Idempotency-Key": "book-1"}
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: client.post(JOBS, json=body(), headers=key), range(4)))
    assert {reply.status_code for reply in replies} == {202}
    assert len({reply.json()["id"] for reply in replies}) == 1
    other = client.post(JOBS, json=body(3), headers=key)
    assert other.status_code == 409 and other.json()["error_code"] == "CONFLICT"


def test_events_tell_everything_and_go_on_where_a_listener_left(client: TestClient) -> None:
    job_id = client.post(JOBS, json=body(3)).json()["id"]
    reply = client.get(f"{JOBS}/{job_id}/events")
    assert reply.headers["content-type"].startswith("text/event-stream")
    told = events_of(reply.text)
    states = [data["state"] for _, kind, data in told if kind == "state"]
    assert states == ["queued", "running", "assembling", "done"]
    # Two workers: which of two neighbours is done first is open.
    assert sorted(data["chunk"] for _, kind, data in told if kind == "chunk") == [0, 1, 2]
    rest = client.get(f"{JOBS}/{job_id}/events", headers={"Last-Event-ID": str(told[2][0])})
    assert events_of(rest.text) == told[3:]
    assert client.get(f"{JOBS}/{job_id}/events", headers={"Last-Event-ID": str(told[-1][0])}).status_code == 204


def test_a_chunk_is_heard_and_made_again(client: TestClient) -> None:
    job_id = client.post(JOBS, json=body(2)).json()["id"]
    finished(client, job_id)
    chunks = client.get(f"{JOBS}/{job_id}/chunks").json()
    assert chunks["total"] == 2 and chunks["chunks"][1]["state"] == "done"
    audio = client.get(f"{JOBS}/{job_id}/chunks/1/audio")
    assert audio.headers["content-type"] == "audio/wav" and audio.content[:4] == b"RIFF"
    assert client.post(f"{JOBS}/{job_id}/chunks/1/redo", json={"text": "New."}).status_code == 200
    finished(client, job_id)
    assert client.get(f"{JOBS}/{job_id}/chunks").json()["chunks"][1]["text"] == "New."
    assert client.post(f"{JOBS}/{job_id}/chunks/7/redo").status_code == 404
    assert client.get(f"{JOBS}/{job_id}/chunks/7/audio").status_code == 404


def test_deleting_wants_a_word_and_rest(client: TestClient) -> None:
    job_id = client.post(JOBS, json=body(2)).json()["id"]
    finished(client, job_id)
    assert client.delete(f"{JOBS}/{job_id}").status_code == 422
    assert client.delete(f"{JOBS}/{job_id}", params={"confirm": True}).json()["deleted"] == [job_id]
    assert client.get(f"{JOBS}/{job_id}").status_code == 404


@pytest.mark.parametrize("path", ["", "/events", "/chunks", "/chunks/0/audio"])
def test_an_unknown_job_is_not_found(client: TestClient, path: str) -> None:
    reply = client.get(f"{JOBS}/nothing{path}")
    assert reply.status_code == 404 and reply.json()["error_code"] == "RESOURCE_NOT_FOUND"


@pytest.mark.parametrize("action", ["pause", "resume", "cancel"])
def test_what_has_ended_stays_so(client: TestClient, action: str) -> None:
    job_id = client.post(JOBS, json=body(1)).json()["id"]
    finished(client, job_id)
    reply = client.post(f"{JOBS}/{job_id}/{action}")
    assert reply.status_code == 409 and "done" in reply.json()["error"]
