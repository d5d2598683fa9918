"""The shapes below /v1 as raw HTTP."""

import asyncio
import base64
import json

import pytest
from starlette.testclient import TestClient

from speech.engines.protocol import Voice

SPEECH = "/v1/audio/speech"
BODY = {"model": "tts-1", "voice": "alloy", "input": "Hello there, my friend."}


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "param"),
    [
        ("POST", SPEECH, {"json": {}}, 400, "model"),
        ("POST", SPEECH, {"json": {**BODY, "voice": {"name": "x"}}}, 400, None),
        ("POST", SPEECH, {"json": {**BODY, "input": " \n"}}, 400, "input"),
        ("POST", SPEECH, {"json": {**BODY, "stream_format": "xml"}}, 400, "stream_format"),
        ("POST", SPEECH, {"json": {**BODY, "instructions": "x" * 4097}}, 400, "instructions"),
        ("POST", SPEECH, {"json": {**BODY, "seed": -1}}, 400, "seed"),
        ("POST", SPEECH, {"content": b"{", "headers": {"Content-Type": "application/json"}}, 400, None),
        ("POST", SPEECH, {"content": b"hello", "headers": {"Content-Type": "text/plain"}}, 415, None),
        ("POST", SPEECH, {"content": b"x" * 2_000_000}, 413, None),
        ("GET", SPEECH, {}, 405, None),
        ("GET", "/v1", {}, 404, None),
        ("GET", "/v1/no/such", {}, 404, None),
        ("GET", "/v1/models/no-such", {}, 404, "model"),
    ],
)
def test_every_failure_has_openais_shape(
    client: TestClient, method: str, path: str, options: dict[str, object], status: int, param: str | None
) -> None:
    reply = client.request(method, path, **options)  # type: ignore[arg-type]
    assert reply.status_code == status
    error = reply.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"] and error["type"] == "invalid_request_error" and error["code"] == error["code"].lower()
    assert param is None or error["param"] == param
    assert reply.headers["x-should-retry"] == "false" and reply.headers["x-request-id"]
    assert int(reply.headers["content-length"]) == len(reply.content)


def test_other_addresses_keep_their_shape(client: TestClient) -> None:
    assert client.get("/v1x").json()["error_code"] == "RESOURCE_NOT_FOUND"
    assert client.get("/api/v1/no-such").json()["error_code"] == "RESOURCE_NOT_FOUND"


def test_any_accept_header_is_answered(client: TestClient) -> None:
    for accept in ("application/octet-stream", "application/json", "text/html"):
        assert client.post(SPEECH, json=BODY, headers={"Accept": accept}).status_code == 200


def test_events_as_they_are_on_the_wire(client: TestClient) -> None:
    reply = client.post(SPEECH, json={**BODY, "stream_format": "sse", "response_format": "wav"})
    assert reply.headers["cache-control"] == "no-cache" and reply.headers["x-accel-buffering"] == "no"
    events = reply.text.split("\n\n")
    assert events.pop() == ""
    assert all(event.startswith("data: {") and "\n" not in event for event in events)
    *deltas, done = [json.loads(event.removeprefix("data: ")) for event in events]
    assert set(deltas[0]) == {"type", "audio"}
    file = b"".join(base64.b64decode(delta["audio"]) for delta in deltas)
    assert file[:8] == b"RIFF\xff\xff\xff\xff" and file.count(b"RIFF") == 1
    assert set(done["usage"]) == {"input_tokens", "output_tokens", "total_tokens"}


def test_own_fields_have_effect_and_unknown_ones_are_named(client: TestClient) -> None:
    fields = {"seed": 9, "exaggeration": 0.4, "user": "me", "instructions": "cheerfully", "speed": None}
    reply = client.post(SPEECH, json={**BODY, **fields})
    assert reply.headers["x-generation-seed"] == "9"
    assert sorted(reply.headers["x-ignored-parameters"].split(",")) == ["exaggeration", "instructions", "user"]


def test_names_that_no_header_can_carry_do_no_harm(client: TestClient) -> None:
    reply = client.post(SPEECH, json={**BODY, "\u65e5\u672c": 1, "a\r\nb": 2, "user": "me"})
    assert reply.status_code == 200
    assert reply.headers["x-ignored-parameters"] == "user"


def test_the_voices_are_looked_up_beside_the_event_loop(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    casting = client.app.state.core.casting  # type: ignore[attr-defined]
    inside: list[bool] = []

    def voices(_: object) -> list[Voice]:
        inside.append(asyncio._get_running_loop() is not None)
        return list(casting._lane.engine.voices)

    monkeypatch.setattr(type(casting), "voices", property(voices))
    assert client.post(SPEECH, json=BODY).status_code == 200
    assert inside and not any(inside)
