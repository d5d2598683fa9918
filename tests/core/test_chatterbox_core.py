"""A request through the whole core with Chatterbox on tiny random weights."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from api_models import TTSRequest
from config import Settings
from core_engine import CoreEngine
from exceptions import InvalidRequestError
from speech.engines.chatterbox import create, runtime
from speech.engines.chatterbox.checkpoints import Family
from speech.engines.chatterbox.description import parameters
from speech.engines.registry import EngineContext
from tests.support.chatterbox import TinyChatterbox, needs_chatterbox, small_architectures, voice_like
from tests.support.tones import decode
from tests.support.validators import scores

needs_chatterbox()

TEXT = "The birch canoe slid on the planks. [laugh] Glue the sheet to the background. It is easy to tell the depth."


@pytest.fixture
def core(
    settings: Settings, tiny_chatterbox: TinyChatterbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CoreEngine]:
    monkeypatch.setattr(runtime, "MOST_TOKENS", 12)
    voices = tmp_path / "reference_audio"
    voices.mkdir()
    soundfile.write(voices / "anna.wav", voice_like(5.2, seed=1), 24_000)
    options = {"model": "turbo", "reference_seconds": 1.5}
    engine = create(EngineContext(tmp_path, tiny_chatterbox.folder("turbo"), False, 1, options, voices))
    core = CoreEngine(settings, engine=engine, validator=scores(1.0))
    with small_architectures("turbo"):
        engine.load()
    yield core
    core.close()


def request(**fields: object) -> TTSRequest:
    return TTSRequest.model_validate({"text": TEXT, "export_formats": ["wav"], "seed": 5, **fields})


def test_chunks_of_one_request_share_the_decoder_and_repeat_by_the_seed(core: CoreEngine) -> None:
    first = core.tts(request(reference_audio_filename="anna"))
    again = core.tts(request(voice="anna.wav"))

    assert len(first.quality.chunks) >= 3
    assert (decode(first.files[0].path)[0] == decode(again.files[0].path)[0]).all()
    other = core.tts(request())
    assert decode(other.files[0].path)[0].tobytes() != decode(first.files[0].path)[0].tobytes()


def test_tags_stay_in_the_text_and_parameters_without_effect_are_named(core: CoreEngine) -> None:
    plan = core.plan(request()).plan
    result = core.tts(request(exaggeration=0.9, temperature=0.7))

    assert any("[laugh]" in chunk.read for chunk in plan.chunks)
    assert "exaggeration" in result.ignored_parameters
    assert "temperature" not in result.ignored_parameters


def test_drawing_follows_the_request(core: CoreEngine) -> None:
    usual, freely = core.tts(request()), core.tts(request(top_k=2, top_p=0.5, repetition_penalty=3.0, min_p=0.2))

    assert freely.ignored_parameters == ("min_p",)
    assert decode(usual.files[0].path)[0].tobytes() != decode(freely.files[0].path)[0].tobytes()


@pytest.mark.parametrize(
    ("family", "penalty", "top_p", "names"),
    [
        ("english", 1.2, 1.0, {"min_p", "cfg_weight"}),
        ("multilingual", 2.0, 1.0, {"min_p"}),
        ("turbo", 1.2, 0.95, {"top_k"}),
    ],
)
def test_what_is_not_asked_for_is_as_in_the_package(
    family: Family, penalty: float, top_p: float, names: set[str]
) -> None:
    own = {item.name: item.default for item in parameters(family)}

    assert own["repetition_penalty"] == penalty
    assert own["top_p"] == top_p
    assert names <= set(own)


@pytest.mark.parametrize("model", ["auto", "chatterbox", "chatterbox-turbo"])
def test_the_model_may_be_named(core: CoreEngine, model: str) -> None:
    assert core.plan(request(model=model)).plan.chunks
    with pytest.raises(InvalidRequestError):
        core.plan(request(model="chatterbox-nano"))


def test_the_watermark_may_be_left_out(core: CoreEngine) -> None:
    marked, plain = core.tts(request()), core.tts(request(disable_watermark=True))

    assert marked.watermarked and not plain.watermarked
    assert "disable_watermark" not in plain.ignored_parameters
    assert decode(marked.files[0].path)[0].tobytes() != decode(plain.files[0].path)[0].tobytes()


def test_unknown_voices_are_refused_with_those_there_are(core: CoreEngine) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        core.tts(request(voice="bob.wav"))

    assert caught.value.detail == {"voices": ["default", "anna.wav"]}
