"""Transcriptions by the official `openai` package."""

from collections.abc import Callable, Iterator

import openai
import pytest

from tests.clients.test_openai_package import connected
from tests.conftest import CoreMaker
from tests.support.caption_parsers import Shown, read_srt, read_vtt
from tests.support.recordings import speechlike, wav_bytes
from tests.support.validators import ListeningValidator

SAID = "Die Birke steht am See. Der Kahn liegt am Ufer."
FILE = ("boat.wav", wav_bytes(speechlike(10.0)))


@pytest.fixture
def listener() -> ListeningValidator:
    return ListeningValidator(SAID)


@pytest.fixture
def api(make_core: CoreMaker, listener: ListeningValidator) -> Iterator[openai.OpenAI]:
    yield from connected(make_core(validator=listener))


def test_json_is_what_nobody_asks_for(api: openai.OpenAI, listener: ListeningValidator) -> None:
    reply = api.audio.transcriptions.create(model="whisper-1", file=FILE)
    assert reply.text == SAID
    assert reply.usage is not None and reply.usage.type == "duration" and reply.usage.seconds == 10
    assert listener.windows == [(10, "de")]


def test_a_language_that_is_given_is_listened_for(api: openai.OpenAI, listener: ListeningValidator) -> None:
    reply = api.audio.transcriptions.create(
        model="whisper-1", file=FILE, language="en-GB", response_format="verbose_json"
    )
    assert reply.language == "en-GB"
    assert listener.windows == [(10, "en-GB")]


def test_plain_text(api: openai.OpenAI) -> None:
    assert api.audio.transcriptions.create(model="whisper-1", file=FILE, response_format="text") == f"{SAID}\n"


@pytest.mark.parametrize(("name", "read"), [("srt", read_srt), ("vtt", read_vtt)])
def test_captions(api: openai.OpenAI, name: str, read: Callable[[str], list[Shown]]) -> None:
    content = api.audio.transcriptions.create(model="whisper-1", file=FILE, response_format=name)  # type: ignore[call-overload]
    assert read(content) == [(0, 4.8, ["Die Birke steht am See."]), (5, 9.8, ["Der Kahn liegt am Ufer."])]


def test_verbose_json_has_sentences_with_times(api: openai.OpenAI) -> None:
    reply = api.audio.transcriptions.create(model="whisper-1", file=FILE, response_format="verbose_json")
    assert (reply.text, reply.language, reply.duration, reply.words) == (SAID, "de", 10, None)
    first, second = reply.segments or []
    assert (first.text, second.text) == ("Die Birke steht am See.", "Der Kahn liegt am Ufer.")
    assert (first.start, first.end, second.start, second.end) == (0, 4.8, 5, 9.8)
    assert (first.id, second.id) == (0, 1)
    assert first.avg_logprob == pytest.approx(-0.693, abs=1e-3)
    assert first.compression_ratio == pytest.approx(0.74, abs=0.05)


@pytest.mark.parametrize(("wanted", "segments"), [(["word"], False), (["word", "segment"], True)])
def test_words_have_times_where_they_are_wanted(api: openai.OpenAI, wanted: list[str], segments: bool) -> None:
    reply = api.audio.transcriptions.create(
        model="whisper-1", file=FILE, response_format="verbose_json", timestamp_granularities=wanted
    )  # type: ignore[call-overload]
    assert [word.word for word in reply.words] == SAID.split()
    assert (reply.words[1].start, reply.words[1].end) == (1, 1.8)
    assert (reply.segments is not None) == segments


def test_what_has_no_effect_is_named(api: openai.OpenAI) -> None:
    reply = api.audio.transcriptions.with_raw_response.create(
        model="whisper-1", file=FILE, prompt="Boats.", temperature=0.2, timestamp_granularities=["word"]
    )
    names = reply.headers["x-ignored-parameters"].split(",")
    assert sorted(names) == ["prompt", "temperature", "timestamp_granularities[]"]


def test_the_listening_models_are_listed(api: openai.OpenAI) -> None:
    assert "whisper-1" in [model.id for model in api.models.list()]
    assert api.models.retrieve("whisper-1").id == "whisper-1"


@pytest.mark.parametrize(
    ("fields", "kind", "param"),
    [
        ({"model": "no-such"}, openai.NotFoundError, "model"),
        ({"language": "xx"}, openai.BadRequestError, "language"),
        ({"response_format": "diarized_json"}, openai.BadRequestError, "response_format"),
        ({"file": ("a.wav", b"this is no recording")}, openai.BadRequestError, "file"),
    ],
)
def test_faults_are_the_packages_exceptions(
    api: openai.OpenAI, fields: dict[str, object], kind: type[openai.APIStatusError], param: str
) -> None:
    with pytest.raises(kind) as caught:
        api.audio.transcriptions.create(**{"model": "whisper-1", "file": FILE, **fields})  # type: ignore[arg-type]
    assert caught.value.param == param


def test_without_a_model_that_listens_the_answer_says_so(make_core: CoreMaker) -> None:
    for api in connected(make_core()):
        with pytest.raises(openai.NotFoundError, match="no model that listens here"):
            api.audio.transcriptions.create(model="whisper-1", file=FILE)
        assert "whisper-1" not in [model.id for model in api.models.list()]
