"""Both addresses that join audio: their replies, their one rule set, what they refuse."""

import io
import json
from typing import Any

import numpy as np
import pytest
import soundfile
from starlette.testclient import TestClient

from config import Settings
from tests.speech.audio.sounds import RATE, tone

CONCAT = "/api/v1/concat"
MIXED = "/api/v1/concat/mixed"
URL = {"response_mode": "url"}


@pytest.fixture(autouse=True)
def outputs(settings: Settings) -> None:
    root = settings.paths.output_dir
    root.mkdir()
    soundfile.write(root / "a.wav", tone(0.5, 0.3, 400), RATE)
    soundfile.write(root / "b.wav", tone(0.25, 0.3, 700), RATE)
    (root / "a.json").write_text("{}", "utf-8")


def wav(seconds: float) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, tone(seconds), RATE, format="WAV")
    return buffer.getvalue()


def mixed(client: TestClient, body: Any, uploads: list[bytes], **query: str) -> Any:
    files = [("uploaded_files", (f"{n}.wav", content, "audio/wav")) for n, content in enumerate(uploads)]
    text = body if isinstance(body, str) else json.dumps(body)
    return client.post(MIXED, data={"request_json": text}, files=files or None, params=query)


def test_the_stream_answer_is_the_joined_audio(client: TestClient) -> None:
    reply = client.post(CONCAT, json={"files": ["a.wav", "(500ms)", "b.wav"], "export_formats": ["wav", "mp3"]})
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "audio/wav"
    assert reply.headers["x-alternative-formats"].startswith("mp3:/outputs/concat_")
    assert int(reply.headers["x-generation-seed"]) > 0
    samples, rate = soundfile.read(io.BytesIO(reply.content))
    assert (len(samples), rate) == (round(1.25 * RATE), RATE)
    assert client.get(reply.headers["x-output-url"]).content == reply.content


def test_the_url_answer_tells_the_timeline(client: TestClient, settings: Settings) -> None:
    reply = client.post(CONCAT, json={"files": ["a.wav", "b.wav"], "crossfade_ms": 100}, params=URL)
    body = reply.json()
    assert (body["success"], body["file_count"]) == (True, 2)
    assert body["total_duration_seconds"] == 0.65
    assert [span["start"] for span in body["metadata"]["timeline"]] == [0, 0.4]
    assert client.get(body["output_files"][0]["url"]).status_code == 200
    assert str(settings.paths.output_dir) not in reply.text


def test_the_mode_may_stand_in_the_body_and_the_query_wins(client: TestClient) -> None:
    body = {"files": ["a.wav", "b.wav"], "response_mode": "url"}
    assert client.post(CONCAT, json=body).headers["content-type"] == "application/json"
    assert client.post(CONCAT, json=body, params={"response_mode": "stream"}).headers["content-type"] == "audio/wav"


def test_both_addresses_give_the_same_audio(client: TestClient) -> None:
    options = {"pause_duration_ms": 300, "seed": 5, "trim": True}
    segments = [{"type": "server_file", "source": name} for name in ("a.wav", "b.wav", "a.wav")]
    one = client.post(CONCAT, json={"files": ["a.wav", "b.wav", "a.wav"], **options})
    other = mixed(client, {"segments": segments, **options}, [])
    read = [soundfile.read(io.BytesIO(reply.content))[0] for reply in (one, other)]
    assert np.array_equal(*read)


def test_uploads_are_joined_and_not_kept(client: TestClient, settings: Settings) -> None:
    body = {
        "segments": [
            {"type": "upload", "index": 1},
            {"type": "silence", "source": "(1.5s)"},
            {"type": "server_file", "source": "a.wav"},
            {"type": "upload", "index": 0},
        ]
    }
    answer = mixed(client, body, [wav(0.2), wav(0.3)], response_mode="url")
    assert answer.status_code == 200, answer.text
    reply = answer.json()
    assert reply["total_duration_seconds"] == 2.5
    assert reply["file_count"] == 3
    kept = {path.name for path in settings.paths.output_dir.iterdir()}
    made = {reply["output_files"][0]["filename"], reply["output_files"][0]["filename"].replace(".wav", ".json")}
    assert kept == {"a.wav", "a.json", "b.wav"} | made


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"files": []}, "files"),
        ({"files": ["a.wav"]}, ""),
        ({"files": ["(1s)"]}, ""),
        ({"files": ["a.wav", "(40ms)"]}, "files.1"),
        ({"files": ["a.wav", "(11s)"]}, "files.1"),
        ({"files": ["a.wav", "a.json"]}, "files.1"),
        ({"files": ["a.wav", "../../x.wav"]}, "files.1"),
        ({"files": "a.wav"}, "files"),
        ({"files": ["a.wav", "b.wav"], "export_formats": []}, "export_formats"),
        ({"files": ["a.wav", "b.wav"], "crossfade_ms": 5001}, "crossfade_ms"),
        ({"files": ["a.wav", "b.wav"], "pause_duration_ms": 3001}, "pause_duration_ms"),
        ({"files": ["a.wav", "b.wav"], "pause_duration_ms": "x"}, "pause_duration_ms"),
        ({"files": ["a.wav", "b.wav"], "pause_duration_ms": 100, "pause_variation_ms": 100}, ""),
        ({"files": ["a.wav", "b.wav"], "trim_threshold_ms": 49}, "trim_threshold_ms"),
        ({"files": ["a.wav", "b.wav"], "preset": ["podcast"]}, "preset"),
        ({"files": ["a.wav", "b.wav"], "output_filename": "../x"}, "output_filename"),
        ({"files": ["a.wav", "b.wav"], "folder": "../x"}, "folder"),
        ({"files": ["a.wav", "b.wav"], "bogus": 1}, "bogus"),
    ],
)
def test_faulty_fields_are_named(client: TestClient, body: dict[str, Any], field: str) -> None:
    reply = client.post(CONCAT, json=body)
    assert reply.status_code == 422
    assert reply.json()["detail"][0]["field"] == field


@pytest.mark.parametrize(
    ("segments", "uploads", "field"),
    [
        ([{"type": "upload", "index": 0}], 0, "uploaded_files"),
        ([{"type": "upload", "index": 1}], 1, "uploaded_files"),
        ([{"type": "upload", "index": 0}], 2, "uploaded_files"),
        ([{"type": "upload"}], 1, "request_json.segments.0.upload.index"),
        ([{"type": "server_file"}], 0, "request_json.segments.0.server_file.source"),
        ([{"type": "silence", "source": "1s"}], 0, "request_json.segments.0.silence.source"),
        ([{"type": "silence", "source": "(1s)"}], 0, "request_json"),
        ([{"type": "file", "source": "a.wav"}], 0, "request_json.segments.0.type"),
        ([], 0, "request_json.segments"),
    ],
)
def test_faulty_segments_are_named(client: TestClient, segments: list[Any], uploads: int, field: str) -> None:
    reply = mixed(client, {"segments": segments}, [wav(0.1)] * uploads)
    assert reply.status_code == 422
    assert reply.json()["detail"][0]["field"] == field


def test_an_upload_that_is_no_audio_is_named(client: TestClient) -> None:
    body = {"segments": [{"type": "server_file", "source": "a.wav"}, {"type": "upload", "index": 0}]}
    reply = mixed(client, body, [b"<html>"])
    assert (reply.status_code, reply.json()["detail"][0]["field"]) == (422, "segments.1")


def test_broken_json_in_the_form_is_named(client: TestClient) -> None:
    assert mixed(client, "{", []).json()["detail"][0]["field"] == "request_json"


def test_missing_files_are_404_and_taken_names_409(client: TestClient) -> None:
    assert client.post(CONCAT, json={"files": ["a.wav", "none.wav"]}).status_code == 404
    assert client.post(CONCAT, json={"files": ["a.wav", "b.wav"], "output_filename": "b"}).status_code == 409


def test_uploads_may_be_larger_than_other_bodies_but_not_boundless(client: TestClient, settings: Settings) -> None:
    large = wav(30.0)
    assert len(large) > settings.api.max_body_bytes
    body = {"segments": [{"type": "upload", "index": 0}]}
    assert mixed(client, body, [large]).status_code == 200
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(200 << 20)}
    assert client.post(MIXED, headers=headers, content=b"").status_code == 413
    assert client.post(CONCAT, content=b" " * (2 << 20)).status_code == 413
