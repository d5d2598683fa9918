"""The official `openai` package against a running service."""

import base64
from collections.abc import Iterator

import openai
import pytest

from core_engine import CoreEngine
from speech.audio.stream_encode import STREAM_TYPES
from speech.engines.tone import ToneFaults
from tests.conftest import CoreMaker
from tests.support.listening import decoded, serving
from tests.support.tones import voice_of
from tests.support.validators import scores

TEXT = "The birch canoe slid on the planks. Glue the sheet to the background."


def connected(core: CoreEngine, path: str = "/v1") -> Iterator[openai.OpenAI]:
    with serving(core) as http, openai.OpenAI(base_url=f"{http.base_url}{path}", api_key="none") as api:
        yield api


@pytest.fixture
def api(make_core: CoreMaker) -> Iterator[openai.OpenAI]:
    yield from connected(make_core(openai={"voices": {"alloy": "tone-d", "nova": "af_nova"}}))


@pytest.fixture
def failing(make_core: CoreMaker) -> Iterator[openai.OpenAI]:
    yield from connected(make_core(ToneFaults("raise", -1)))


@pytest.mark.parametrize("name", STREAM_TYPES)
def test_speech_in_every_format(api: openai.OpenAI, name: str) -> None:
    reply = api.audio.speech.create(model="tts-1", voice="tone-b", input=TEXT, response_format=name)
    assert reply.response.headers["content-type"] == STREAM_TYPES[name]
    samples, rate = decoded(reply.content, name)
    assert voice_of(samples, rate) == "tone-b"
    assert len(samples) / rate == pytest.approx(1.6, abs=0.3)


def test_mp3_is_what_nobody_asks_for(api: openai.OpenAI) -> None:
    reply = api.audio.speech.create(model="tts-1", voice="alloy", input=TEXT)
    assert reply.response.headers["content-type"] == "audio/mpeg"
    assert reply.content[:2] == b"\xff\xf3"


@pytest.mark.parametrize(
    ("voice", "speaks"),
    [("alloy", "tone-d"), ("nova", "tone-a"), ({"id": "tone-c"}, "tone-c"), ({"id": "Alloy"}, "tone-d")],
)
def test_voices_by_name_by_object_and_by_openais_names(api: openai.OpenAI, voice: object, speaks: str) -> None:
    reply = api.audio.speech.create(model="tone", voice=voice, input=TEXT, response_format="wav")  # type: ignore[arg-type]
    assert voice_of(*decoded(reply.content, "wav")) == speaks


@pytest.mark.parametrize("speed", [0.25, 0.5, 2.0, 4.0])
def test_speed_has_openais_range(api: openai.OpenAI, speed: float) -> None:
    text = "The birch canoe slid on the smooth planks."
    usual = api.audio.speech.create(model="tone", voice="tone-a", input=text, response_format="pcm").content
    other = api.audio.speech.create(
        model="tone", voice="tone-a", input=text, response_format="pcm", speed=speed
    ).content
    assert len(usual) / len(other) == pytest.approx(speed, rel=0.1)


def test_streaming_gives_pieces_before_the_end(make_core: CoreMaker) -> None:
    for api in connected(make_core(ToneFaults(delay=0.2))):
        with api.audio.speech.with_streaming_response.create(
            model="tts-1", voice="alloy", input=TEXT, response_format="pcm"
        ) as reply:
            parts = list(reply.iter_bytes())
        assert len(parts) >= 2


def test_events_carry_one_file(api: openai.OpenAI) -> None:
    whole = api.audio.speech.create(
        model="tts-1", voice="tone-a", input=TEXT, response_format="mp3", extra_body={"seed": 5}
    )
    with api.audio.speech.with_streaming_response.create(
        model="tts-1", voice="tone-a", input=TEXT, response_format="mp3", stream_format="sse", extra_body={"seed": 5}
    ) as reply:
        assert reply.headers["content-type"].startswith("text/event-stream")
        stream = openai.Stream(cast_to=dict, response=reply.http_response, client=api)  # type: ignore[type-var]
        events = list(stream)
    *deltas, done = events
    assert all(event["type"] == "speech.audio.delta" for event in deltas)
    assert b"".join(base64.b64decode(event["audio"]) for event in deltas) == whole.content
    assert done["type"] == "speech.audio.done"
    assert done["usage"]["total_tokens"] == done["usage"]["input_tokens"] + done["usage"]["output_tokens"] > 0


def test_a_failure_midway_is_an_event_that_the_package_raises(make_core: CoreMaker) -> None:
    fields = {"on_failure": "fail", "max_attempts_per_candidate": 1, "num_candidates_per_chunk": 1}
    for api in connected(make_core(validator=scores(0.9, 0.1))):
        with api.audio.speech.with_streaming_response.create(
            model="tts-1", voice="alloy", input=TEXT, stream_format="sse", extra_body=fields
        ) as reply:
            stream = openai.Stream(cast_to=dict, response=reply.http_response, client=api)  # type: ignore[type-var]
            with pytest.raises(openai.APIError, match="None of 1 takes of chunk 2"):
                list(stream)


def test_models_are_listed_and_found(api: openai.OpenAI) -> None:
    names = [model.id for model in api.models.list()]
    assert names[0] == "tone" and "tts-1" in names
    assert api.models.retrieve("tts-1").object == "model"
    with pytest.raises(openai.NotFoundError):
        api.models.retrieve("no-such")


@pytest.mark.parametrize(
    ("fields", "kind", "param"),
    [
        ({"voice": "nobody"}, openai.BadRequestError, "voice"),
        ({"model": "no-such"}, openai.NotFoundError, "model"),
        ({"input": ""}, openai.BadRequestError, "input"),
        ({"input": "x" * 10_001}, openai.BadRequestError, "input"),
        ({"speed": 5}, openai.BadRequestError, "speed"),
        ({"response_format": "ogg"}, openai.BadRequestError, "response_format"),
        ({"extra_body": {"temperature": 9}}, openai.BadRequestError, "temperature"),
    ],
)
def test_faults_are_the_packages_exceptions(
    api: openai.OpenAI, fields: dict[str, object], kind: type[openai.APIStatusError], param: str
) -> None:
    body = {"model": "tts-1", "voice": "alloy", "input": TEXT, **fields}
    with pytest.raises(kind) as caught:
        api.audio.speech.create(**body)  # type: ignore[arg-type]
    assert caught.value.param == param
    assert caught.value.type == "invalid_request_error"
    assert caught.value.request_id == caught.value.response.headers["x-request-id"]


def test_what_would_fail_again_is_not_repeated(failing: openai.OpenAI) -> None:
    with pytest.raises(openai.InternalServerError) as caught:
        failing.audio.speech.create(model="tts-1", voice="alloy", input=TEXT)
    assert caught.value.code == "generation_error"
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert "x-stainless-retry-count" not in caught.value.response.headers
    assert caught.value.response.request.headers["x-stainless-retry-count"] == "0"


def test_a_full_house_is_waited_for(make_core: CoreMaker) -> None:
    core = make_core(ToneFaults(delay=0.3), server={"max_concurrent_requests": 1, "max_waiting_requests": 0})
    for api in connected(core):
        impatient = api.with_options(max_retries=0)
        with (
            api.audio.speech.with_streaming_response.create(model="tts-1", voice="alloy", input=TEXT * 3),
            pytest.raises(openai.RateLimitError) as caught,
        ):
            impatient.audio.speech.create(model="tts-1", voice="alloy", input=TEXT)
        assert 1 <= int(caught.value.response.headers["retry-after"]) <= 120
        assert "x-should-retry" not in caught.value.response.headers


def test_a_base_address_with_a_slash_too_many(make_core: CoreMaker) -> None:
    for api in connected(make_core(), "//v1//"):
        assert api.audio.speech.create(model="tts-1", voice="alloy", input=TEXT).content
