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
