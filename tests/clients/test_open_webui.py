"""What Open WebUI sends (`routers/audio.py` of its backend), call mode's burst included."""

import concurrent.futures

import httpx2

from api_models import TTSRequest
from speech.engines.tone import ToneFaults, chunk_pitch
from tests.conftest import CoreMaker
from tests.support.listening import decoded, serving
from tests.support.tones import chunk_pitch_of

HEADERS = {
    "Content-Type": "application/json",
    "Authorization": "Bearer sk-none",
    "X-OpenWebUI-User-Name": "Ada",
    "X-OpenWebUI-User-Id": "1",
    "X-OpenWebUI-User-Role": "user",
}


def say(client: httpx2.Client, text: str, **extra: object) -> httpx2.Response:
    return client.post(
        "/v1/audio/speech", headers=HEADERS, json={"input": text, "voice": "alloy", "model": "tts-1", **extra}
    )


def test_menus_are_filled(make_core: CoreMaker) -> None:
    with serving(make_core()) as client:
        voices = client.get("/v1/audio/voices").json()["voices"]
        models = client.get("/v1/audio/models").json()["models"]
    assert {(voice["id"], voice["name"]) for voice in voices} >= {("tone-a", "tone-a"), ("tone-h", "tone-h")}
    assert "tts-1" in [model["id"] for model in models]


def test_the_answer_is_mp3_although_nothing_asks_for_it(make_core: CoreMaker) -> None:
    with serving(make_core()) as client:
        reply = say(client, "Hello there.", speed=1.0)
    assert reply.headers["content-type"] == "audio/mpeg"
    assert len(decoded(reply.content, "mp3")[0]) > 2_000


def test_errors_reach_the_user(make_core: CoreMaker) -> None:
    with serving(make_core()) as client:
        reply = client.post("/v1/audio/speech", headers=HEADERS, json={"input": "", "voice": "alloy", "model": "tts-1"})
    assert reply.json()["error"]["message"] == "input: string should have at least 1 character"


def test_call_mode_asks_for_all_sentences_at_once_and_gets_each_its_own(make_core: CoreMaker) -> None:
    sentences = [f"This is sentence number {number} of the answer." for number in range(30)]
    core = make_core(ToneFaults(delay=0.02))
    with serving(core) as client:
        with concurrent.futures.ThreadPoolExecutor(30) as pool:
            replies = list(pool.map(lambda text: say(client, text), sentences))
        assert client.get("/api/v1/health/live").status_code == 200
    for text, reply in zip(sentences, replies, strict=True):
        assert reply.status_code == 200
        said = core.plan(TTSRequest(text=text)).plan.chunks[0].read
        assert chunk_pitch_of(*decoded(reply.content, "mp3")) == chunk_pitch(said)


def test_more_than_the_house_holds_are_told_to_wait(make_core: CoreMaker) -> None:
    core = make_core(ToneFaults(delay=0.2), server={"max_concurrent_requests": 2, "max_waiting_requests": 2})
    with serving(core) as client, concurrent.futures.ThreadPoolExecutor(12) as pool:
        replies = list(pool.map(lambda _: say(client, "Hello there."), range(12)))
    refused = [reply for reply in replies if reply.status_code == 429]
    assert sorted({reply.status_code for reply in replies}) == [200, 429]
    assert all(reply.json()["error"]["type"] == "rate_limit_error" for reply in refused)
    assert all(1 <= int(reply.headers["retry-after"]) <= 120 for reply in refused)
