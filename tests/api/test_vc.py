import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from starlette.testclient import TestClient

from api_models import VCDefaults
from config import Settings
from main_api import create_app
from tests.conftest import CoreMaker
from tests.support.tones import voice_of

CONVERT = "/api/v1/vc"


def wav(seconds: float = 3.0, format: str = "WAV") -> bytes:
    clock = np.arange(int(seconds * 24_000)) / 24_000
    buffer = io.BytesIO()
    soundfile.write(buffer, 0.3 * np.sin(2 * np.pi * 150 * clock), 24_000, format=format)
    return buffer.getvalue()


@pytest.fixture
def talk(settings: Settings) -> Path:
    settings.paths.vc_input_dir.mkdir()
    path = settings.paths.vc_input_dir / "talk.wav"
    path.write_bytes(wav())
    return path


@pytest.mark.usefixtures("talk")
def test_a_named_recording_is_answered_with_audio(client: TestClient) -> None:
    body = {"input_audio_source": "talk.wav", "target_voice_source": "tone-d"}
    reply = client.post(CONVERT, json=body)
    assert reply.status_code == 200 and reply.headers["content-type"] == "audio/wav"
    samples, rate = soundfile.read(io.BytesIO(reply.content), dtype="float32")
    assert voice_of(samples, rate) == "tone-d" and len(samples) == 3 * 24_000
    assert reply.headers["x-output-url"].startswith("/outputs/vc_")
    assert reply.headers["x-alternative-formats"].startswith("mp3:/outputs/vc_")


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
def test_an_upload_takes_the_same_fields(client: TestClient, kind: str, settings: Settings) -> None:
    fields = {"target_voice_source": "tone-b", "chunk_sec": "1.5", "export_formats": "flac, mp3", "folder": "a/b"}
    files = {"input_audio": (f"../talk.{kind.lower()}", wav(format=kind))}
    reply = client.post(CONVERT, data=fields, files=files, params={"response_mode": "url"})
    told = reply.json()
    assert reply.status_code == 200, told
    assert [file["format"] for file in told["output_files"]] == ["flac", "mp3"]
    assert all(file["filename"].startswith("a/b/vc_") for file in told["output_files"])
    assert len(told["quality"]["chunks"]) > 1 and told["voice"] == "tone-b"
    assert told["source_seconds"] == pytest.approx(3.0, abs=0.1)
    assert str(settings.paths.output_dir) not in reply.text


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"chunk_sec": 301}, "chunk_sec"),
        ({"chunk_sec": 2, "overlap_sec": 2}, ""),
        ({"pitch_shift": "much"}, "pitch_shift"),
        ({"export_formats": ["wma"]}, "export_formats.0"),
        ({"nonsense": 1}, "nonsense"),
        ({"target_voice_source": ""}, "target_voice_source"),
        ({"folder": "a", "project": "b"}, ""),
    ],
)
@pytest.mark.usefixtures("talk")
def test_json_and_form_refuse_the_same(client: TestClient, fields: dict[str, object], field: str) -> None:
    by_json = client.post(CONVERT, json={"input_audio_source": "talk.wav", "target_voice_source": "tone-d", **fields})
    by_form = client.post(
        CONVERT, data={"target_voice_source": "tone-d", **fields}, files={"input_audio": ("talk.wav", wav(0.5))}
    )
    assert by_json.status_code == by_form.status_code == 422
    assert by_json.json()["detail"] == by_form.json()["detail"]
    assert by_json.json()["detail"][0]["field"] == field


def test_a_form_needs_one_recording(client: TestClient) -> None:
    fields = {"target_voice_source": "tone-d"}
    two = [("input_audio", ("a.wav", wav(0.5))), ("input_audio", ("b.wav", wav(0.5)))]
    assert client.post(CONVERT, data=fields, files=two).status_code in (400, 422)
    elsewhere = client.post(CONVERT, data=fields, files={"folder": ("a.wav", wav(0.5))})
    assert elsewhere.json()["detail"][0]["field"] == "folder"
    text = client.post(CONVERT, data=fields, files={"input_audio": ("a.wav", b"no audio")})
    assert text.status_code == 422 and text.json()["detail"][0]["field"] == "input_audio"


def test_other_media_are_refused(client: TestClient) -> None:
    reply = client.post(CONVERT, content=b"a=b", headers={"content-type": "application/x-www-form-urlencoded"})
    assert (reply.status_code, reply.json()["error_code"]) == (415, "UNSUPPORTED_MEDIA")


def test_uploads_have_their_own_limit(make_core: CoreMaker) -> None:
    core = make_core(api={"max_upload_bytes": 100_000, "max_body_bytes": 2000})
    fields = {"target_voice_source": "tone-d"}
    with TestClient(create_app(core.settings, core)) as client:
        fits = client.post(CONVERT, data=fields, files={"input_audio": ("a.wav", wav(1.0))})
        too_long = client.post(CONVERT, data=fields, files={"input_audio": ("a.wav", wav(3.0))})
        json_body = client.post(CONVERT, json={**fields, "input_audio_source": "x" * 3000})
    assert (fits.status_code, too_long.status_code, json_body.status_code) == (200, 413, 413)


def test_both_forms_are_in_the_api_description(client: TestClient) -> None:
    content = client.get("/openapi.json").json()["paths"][CONVERT]["post"]["requestBody"]["content"]
    as_json, as_form = (content[media]["schema"] for media in ("application/json", "multipart/form-data"))
    assert set(as_json["properties"]) - {"input_audio_source"} == set(as_form["properties"]) - {"input_audio"}
    assert set(VCDefaults.model_fields) < set(as_json["properties"])
    assert as_form["properties"]["input_audio"]["format"] == "binary"
