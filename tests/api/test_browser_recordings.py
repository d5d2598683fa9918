"""What a browser's recorder hands over: WebM with Opus, or MP4 with AAC, written as it came, without a length."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from speech.audio.decode import stated_seconds
from tests.conftest import CoreMaker
from tests.support.listening import serving
from tests.support.recordings import encoded, speechlike
from tests.support.validators import ListeningValidator

SECONDS = 3.0


@pytest.fixture
def webm(tmp_path: Path) -> bytes:
    path = encoded(speechlike(SECONDS), "webm", "libopus", tmp_path / "recorded.webm", live="1")
    assert stated_seconds(path) is None
    return path.read_bytes()


@pytest.fixture
def mp4(tmp_path: Path) -> bytes:
    flags = "frag_keyframe+empty_moov+default_base_moof"
    return encoded(speechlike(SECONDS), "mp4", "aac", tmp_path / "recorded.mp4", movflags=flags).read_bytes()


@pytest.mark.parametrize(("route", "field"), [("voice", "voice_file"), ("vc_input", "vc_input_file")])
@pytest.mark.parametrize(
    ("recorder", "sent", "kept", "media"),
    [("webm", "me.weba", "me.webm", "audio/webm"), ("mp4", "me.mp4", "me.m4a", "audio/mp4")],
)
def test_it_is_kept_and_served(
    client: TestClient, request: pytest.FixtureRequest, route: str, field: str, recorder: str, sent: str, kept: str,
    media: str,
) -> None:  # fmt: skip
    content = request.getfixturevalue(recorder)
    reply = client.post(f"/api/v1/{route}", files={field: (sent, content, f"{media};codecs=opus")})
    assert reply.status_code == 200, reply.text
    known = client.get(f"/api/v1/{route}/me").json()
    assert known["filename"] == kept
    assert known["duration_seconds"] == pytest.approx(SECONDS, abs=0.1)
    served = client.get(known["audio_url"])
    assert served.headers["content-type"] == media and served.content == content


def test_it_is_converted_into_the_voice_of_another(client: TestClient, webm: bytes) -> None:
    client.post("/api/v1/voice", files={"voice_file": ("me.webm", webm)})
    fields = {"target_voice_source": "me.webm"}
    reply = client.post(
        "/api/v1/vc", data=fields, files={"input_audio": ("talk.webm", webm)}, params={"response_mode": "url"}
    )
    assert reply.status_code == 200, reply.text
    assert reply.json()["source_seconds"] == pytest.approx(SECONDS, abs=0.1)


def test_it_is_written_down(make_core: CoreMaker, webm: bytes) -> None:
    with serving(make_core(validator=ListeningValidator("Hello there."))) as client:
        reply = client.post(
            "/v1/audio/transcriptions", data={"model": "whisper-1"}, files={"file": ("talk.webm", webm)}
        )
    assert reply.status_code == 200 and reply.json()["text"] == "Hello there."
