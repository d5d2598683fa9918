"""Audio that leaves while later chunks are made: `response_mode=chunked`."""

import io
import time

import httpx2
import numpy as np
import pytest
import soundfile
from starlette.testclient import TestClient

from speech.audio.stream_encode import STREAM_TYPES
from speech.engines.tone import ToneFaults, chunk_pitch
from tests.conftest import CoreMaker
from tests.support.listening import decoded, listen, serving
from tests.support.tones import chunk_pitch_of, voice_of
from tests.support.validators import scores

SPEAK = "/api/v1/tts"
CHUNKED = {"response_mode": "chunked"}
TEXT = "The birch canoe slid on the planks. Glue the sheet to the background. It is easy to tell the depth."


@pytest.mark.parametrize("name", STREAM_TYPES)
def test_every_format_is_one_file_with_all_of_the_audio(client: TestClient, name: str) -> None:
    body = {"text": TEXT, "voice": "tone-c", "seed": 3, "export_formats": ["wav" if name == "pcm" else name]}
    whole = client.post(SPEAK, json={**body, "export_formats": ["wav"]})
    expected, rate = soundfile.read(io.BytesIO(whole.content), dtype="float32")
    reply = client.post(SPEAK, json=body, params={**CHUNKED, "return_format": name})
    assert reply.headers["content-type"] == STREAM_TYPES[name]
    assert "content-length" not in reply.headers
    assert reply.headers["x-generation-seed"] == "3"
    samples, _ = decoded(reply.content, name)
    # What a codec adds in front and behind; nothing of the tail may be missing.
    assert 0 <= len(samples) - len(expected) <= 2_600
    assert voice_of(samples, rate) == "tone-c"
    if name in ("wav", "pcm", "flac"):
        assert np.abs(samples - expected).max() < 2e-4


def test_sound_arrives_while_the_rest_is_made(make_core: CoreMaker) -> None:
    with serving(make_core(ToneFaults(delay=0.2))) as client:
        heard = listen(client, "POST", SPEAK, params=CHUNKED, json={"text": TEXT, "export_formats": ["mp3"]})
    assert heard.headers["transfer-encoding"] == "chunked"
    assert heard.moments[-1] - heard.moments[0] > 0.3  # two chunks of 0.2 s came later


def test_with_checking_the_first_chunk_leaves_when_it_passes(make_core: CoreMaker) -> None:
    core = make_core(ToneFaults(delay=0.2), validator=scores(0.1, 0.9))
    with serving(core) as client:
        heard = listen(client, "POST", SPEAK, params=CHUNKED, json={"text": TEXT, "num_candidates_per_chunk": 2})
    assert heard.moments[0] >= 0.4
    assert heard.moments[-1] - heard.moments[0] > 0.3
    assert len(decoded(heard.content, "wav")[0]) > 24_000


def test_what_cannot_be_spoken_is_refused_before_the_answer_begins(client: TestClient) -> None:
    refused = client.post(SPEAK, params=CHUNKED, json={"text": "Hello.", "voice": "nobody"})
    assert (refused.status_code, refused.json()["error_code"]) == (422, "VALIDATION_ERROR")
    assert client.post(SPEAK, json={"text": "Hi."}, params={"return_format": "pcm"}).status_code == 422


def test_a_failure_of_the_first_chunk_has_a_status(make_core: CoreMaker) -> None:
    with serving(make_core(ToneFaults("raise", -1))) as client:
        reply = client.post(SPEAK, params=CHUNKED, json={"text": "Hello there."})
    assert (reply.status_code, reply.json()["error_code"]) == (502, "GENERATION_ERROR")


def test_a_failure_midway_cuts_the_connection(make_core: CoreMaker) -> None:
    core = make_core(validator=scores(0.9, 0.1))
    body = {"text": TEXT, "on_failure": "fail", "max_attempts_per_candidate": 1, "num_candidates_per_chunk": 1}
    with serving(core) as client, pytest.raises(httpx2.RemoteProtocolError):
        listen(client, "POST", SPEAK, params=CHUNKED, json=body)


def test_hanging_up_stops_the_work(make_core: CoreMaker) -> None:
    core = make_core(ToneFaults(delay=0.1))
    with serving(core) as client:
        with client.stream("POST", SPEAK, params=CHUNKED, json={"text": "One sentence here. " * 100}) as reply:
            next(reply.iter_raw())
            assert core.active_requests == 1
        end = time.monotonic() + 2
        while core.active_requests and time.monotonic() < end:
            time.sleep(0.01)
    assert core.active_requests == 0


def test_a_slow_reader_does_not_hold_its_place(make_core: CoreMaker) -> None:
    core = make_core()
    with serving(core) as client, client.stream("POST", SPEAK, params=CHUNKED, json={"text": TEXT}) as reply:
        end = time.monotonic() + 5
        while core.active_requests and time.monotonic() < end:
            time.sleep(0.01)
        assert core.active_requests == 0
        assert len(reply.read()) > 100_000


def test_the_first_sentence_is_cut_short_at_a_clause(make_core: CoreMaker) -> None:
    long = "The birch canoe slid on the smooth planks, and the old man who had built it in the winter watched it go."
    with serving(make_core(ToneFaults(delay=0.1))) as client:
        heard = listen(client, "POST", SPEAK, params=CHUNKED, json={"text": long, "export_formats": ["wav"]})
    first = np.frombuffer(heard.parts[0][44:], "<i2") / 32768
    assert chunk_pitch_of(first, 24_000) == chunk_pitch("the birch canoe slid on the smooth planks,")


def test_loudness_is_near_the_target_from_the_first_chunk_on(client: TestClient) -> None:
    pyloudnorm = pytest.importorskip("pyloudnorm")
    body = {"text": TEXT, "normalize_audio": True, "normalize_level": -20.0, "export_formats": ["wav"]}
    samples, rate = decoded(client.post(SPEAK, json=body, params=CHUNKED).content, "wav")
    meter = pyloudnorm.Meter(rate)
    assert meter.integrated_loudness(samples.astype(np.float64)) == pytest.approx(-20, abs=1)
    assert meter.integrated_loudness(samples[: int(0.68 * rate)].astype(np.float64)) == pytest.approx(-20, abs=1)


def test_fields_without_effect_are_named(client: TestClient) -> None:
    body = {"text": TEXT, "captions": ["srt"], "folder": "a", "exaggeration": 0.4, "export_formats": ["wav"]}
    reply = client.post(SPEAK, json=body, params=CHUNKED)
    assert sorted(reply.headers["x-ignored-parameters"].split(",")) == ["captions", "exaggeration", "folder"]


def test_no_files_are_made(make_core: CoreMaker) -> None:
    core = make_core()
    with serving(core) as client:
        client.post(SPEAK, json={"text": TEXT}, params=CHUNKED).raise_for_status()
    assert list(core.outputs.root.rglob("tts_*")) == []
