import asyncio
import io
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
import soundfile
from starlette.testclient import TestClient

from config import Settings
from speech.audio.encode import FORMATS
from speech.engines.tone import chunk_pitch
from tests.conftest import CoreMaker
from tests.support.tones import chunk_pitch_of, decode, voice_of

SPEAK = "/api/v1/tts"


def test_stream_answers_with_the_audio_and_its_facts(client: TestClient) -> None:
    reply = client.post(SPEAK, json={"text": "Hello there.", "voice": "tone-b", "seed": 4})
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "audio/wav"
    assert int(reply.headers["content-length"]) == len(reply.content)
    assert reply.headers["x-generation-seed"] == "4"
    assert reply.headers["x-quality-verdict"] == "not_checked"
    assert reply.headers["content-disposition"].startswith("attachment; filename=")
    assert reply.headers["x-alternative-formats"].startswith("mp3:/outputs/")
    samples, rate = soundfile.read(io.BytesIO(reply.content), dtype="float32")
    assert voice_of(samples, rate) == "tone-b"
    assert client.get(reply.headers["x-output-url"]).content == reply.content


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_served_with_its_type(client: TestClient, name: str, tmp_path: object) -> None:
    reply = client.post(SPEAK, json={"text": "Hello there.", "export_formats": [name.upper()]})
    assert reply.headers["content-type"] == FORMATS[name].media_type
    assert "x-alternative-formats" not in reply.headers


def test_return_format_chooses_among_the_requested(client: TestClient) -> None:
    body = {"text": "Hello there.", "export_formats": ["flac", "opus"]}
    assert client.post(SPEAK, json=body).headers["content-type"] == "audio/flac"
    reply = client.post(SPEAK, json=body, params={"return_format": "opus"})
    assert reply.headers["content-type"] == "audio/ogg"
    refused = client.post(SPEAK, json=body, params={"return_format": "mp3"})
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["field"] == "return_format"


def test_url_mode_reports(client: TestClient, settings: Settings) -> None:
    body = {
        "text": "Hello there, dear friend. How are you today, my dear?",
        "export_formats": ["wav", "mp3"],
        "folder": "a b/ü",
    }
    reply = client.post(SPEAK, json=body, params={"response_mode": "url"}).json()
    assert reply["success"] is True
    assert [file["format"] for file in reply["output_files"]] == ["wav", "mp3"]
    assert [chunk["text"] for chunk in reply["quality"]["chunks"]] == [
        "Hello there, dear friend.",
        "How are you today, my dear?",
    ]
    assert reply["engine"] == "tone" and reply["watermarked"] is False
    assert str(settings.paths.output_dir) not in str(reply)
    first = reply["output_files"][0]
    audio = client.get(first["url"])
    assert audio.status_code == 200 and len(audio.content) == first["size_bytes"]
    kept = sorted(path.name for path in (settings.paths.output_dir / "a b" / "ü").iterdir())
    assert [name.rsplit(".", 1)[1] for name in kept] == ["json", "mp3", "csv", "wav"]


def test_audio_supports_ranges_and_says_what_it_is(client: TestClient) -> None:
    url = client.post(SPEAK, json={"text": "Hello there."}).headers["x-output-url"]
    part = client.get(url, headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"RIFF")
    assert part.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["x.wav", "..%2fconfig.yaml", "%2e%2e/config.yaml", "a/../../x", "con", "", "%00"])
def test_other_files_are_not_served(client: TestClient, path: str) -> None:
    reply = client.get(f"/outputs/{path}")
    assert reply.status_code in (404, 422)
    assert reply.json()["success"] is False


def test_sidecars_are_private(client: TestClient) -> None:
    url = client.post(SPEAK, json={"text": "Hello there.", "export_formats": ["wav"]}).headers["x-output-url"]
    assert client.get(url.replace(".wav", ".json")).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": ""}, "text"),
        ({"text": " \n "}, "text"),
        ({"text": 3}, "text"),
        ({"text": "x", "speed_factor": 2.1}, "speed_factor"),
        ({"text": "x", "seed": -1}, "seed"),
        ({"text": "x", "seed": 2**32}, "seed"),
        ({"text": "x", "export_formats": []}, "export_formats"),
        ({"text": "x", "export_formats": ["ogg"]}, "export_formats.0"),
        ({"text": "x", "export_formats": "wav"}, "export_formats"),
        ({"text": "x", "num_candidates_per_chunk": 11}, "num_candidates_per_chunk"),
        ({"text": "x", "voice": "a", "reference_audio_filename": "b"}, ""),
        ({"text": "x", "voice": "nobody"}, "voice"),
        ({"text": "x", "voice": "https://example.com/a.wav"}, "voice"),
        ({"text": "x", "exaggeration": 2.5}, "exaggeration"),
        ({"text": "x", "captions": "srt"}, "captions"),
        ({"text": "x", "bogus": 1}, "bogus"),
        ({"text": "x", "language": "xx"}, "language"),
        ({"text": "hello", "folder": "../../etc"}, "folder"),
    ],
)
def test_faulty_fields_are_named(client: TestClient, body: dict[str, object], field: str) -> None:
    reply = client.post(SPEAK, json=body)
    assert reply.status_code == 422
    answer = reply.json()
    assert answer["error_code"] == "VALIDATION_ERROR"
    assert answer["detail"][0]["field"] == field
    assert answer["request_id"] == reply.headers["x-request-id"]
    assert "Traceback" not in reply.text


def test_noise_removal_is_refused_at_once_where_it_is_not_installed(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.request_rules.denoising_available", lambda: False)
    reply = client.post(SPEAK, json={"text": "Hello there.", "denoise": True})
    assert reply.status_code == 422
    assert reply.json()["detail"][0]["field"] == "denoise"


def test_text_of_any_kind_is_spoken_or_refused_in_time(client: TestClient) -> None:
    texts = ["e" + "\u0301" * 9_000, "x" * 10_000, "שלום עולם", "a\x00b", "👍", "日本語です。", "\u202eabc"]
    for text in texts:
        started = time.monotonic()
        reply = client.post(SPEAK, json={"text": text, "export_formats": ["wav"]})
        assert reply.status_code in (200, 422), reply.text
        assert time.monotonic() - started < 5


def test_lone_surrogates_are_no_server_error(client: TestClient) -> None:
    reply = client.post(
        SPEAK,
        content=b'{"text": "a \\ud800 b c", "export_formats": ["wav"]}',
        headers={"Content-Type": "application/json"},
    )
    assert reply.status_code in (200, 422)


@pytest.fixture
def slow_client(settings: Settings, make_core: CoreMaker) -> Iterator[TestClient]:
    from main_api import create_app
    from speech.engines.tone import ToneFaults

    core = make_core(ToneFaults(delay=1.5), server={"max_concurrent_requests": 1, "max_waiting_requests": 1})
    with TestClient(create_app(core.settings, core)) as client:
        yield client


def test_a_full_house_is_429_with_retry_after(slow_client: TestClient) -> None:
    codes: list[int] = []
    retry: list[str] = []

    def call() -> None:
        reply = slow_client.post(SPEAK, json={"text": "One two three. Four five six."})
        codes.append(reply.status_code)
        retry.extend(filter(None, [reply.headers.get("retry-after")]))

    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    live = slow_client.get("/api/v1/health/live")
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200, 200, 429, 429, 429, 429]
    assert all(int(value) >= 1 for value in retry) and len(retry) == 4
    assert live.status_code == 200


def test_chunks_of_the_answer_are_those_of_the_text(client: TestClient) -> None:
    reply = client.post(SPEAK, json={"text": "Hello there my friend.", "export_formats": ["flac"]})
    samples, rate = soundfile.read(io.BytesIO(reply.content), dtype="float32")
    assert chunk_pitch_of(np.asarray(samples), rate) == chunk_pitch("hello there my friend.")


def test_hanging_up_frees_the_lane(make_core: CoreMaker) -> None:
    """A raw ASGI call, because the test client waits for the whole answer."""
    from main_api import create_app
    from speech.engines.tone import ToneFaults

    core = make_core(ToneFaults(delay=0.2))
    app = create_app(core.settings, core)
    body = b'{"text": "' + b"One sentence here. " * 100 + b'"}'

    async def call() -> float:
        messages = iter([{"type": "http.request", "body": body, "more_body": False}])
        hung_up = asyncio.Event()

        async def receive() -> dict[str, object]:
            message = next(messages, None)
            if message is not None:
                return message
            await hung_up.wait()
            return {"type": "http.disconnect"}

        async def send(message: object) -> None:
            pass

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": SPEAK,
            "raw_path": SPEAK.encode(), "query_string": b"", "root_path": "", "scheme": "http",
            "headers": [(b"content-type", b"application/json")], "client": ("127.0.0.1", 1), "server": ("x", 80),
        }  # fmt: skip
        task = asyncio.ensure_future(app(scope, receive, send))
        await asyncio.sleep(0.7)
        assert core.active_requests == 1
        started = time.monotonic()
        hung_up.set()
        await asyncio.wait_for(task, 5)
        return time.monotonic() - started

    assert asyncio.run(call()) < 2
    assert core.active_requests == 0
    assert list(core.outputs.root.rglob("*.*")) == []


def test_decoded_mp3_lasts_as_long_as_reported(client: TestClient, settings: Settings) -> None:
    body = {"text": "Hello there my friend.", "export_formats": ["mp3"]}
    reply = client.post(SPEAK, json=body, params={"response_mode": "url"}).json()
    samples, rate = decode(settings.paths.output_dir / reply["output_files"][0]["filename"])
    assert len(samples) / rate == pytest.approx(reply["audio_seconds"], abs=0.05)
