"""The embedded engine: what it says of itself, and what it says aloud."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from exceptions import CancelledError, DiskFullError, GenerationError, InvalidRequestError, ModelLoadError
from speech.cancel import CancelToken
from speech.engines.embedded import model, variants
from speech.engines.embedded.engine import EmbeddedEngine
from speech.engines.embedded.machine import int8_is_exact
from speech.engines.embedded.model import MAX_PHONEMES, KokoroModel
from speech.engines.embedded.pieces import split_phonemes
from speech.engines.embedded.prepare import FAST, RECIPES, Recipe
from speech.engines.embedded.voices import VoiceTable
from speech.engines.protocol import Engine, Reference, TakeRequest
from speech.samples import Samples
from speech.speakers.encoder import SpeakerEncoder, similarity
from speech.weights import WeightStore, file_sha256
from speech.weights_catalogue import KOKORO

SENTENCE = "Glue the sheet to the dark blue background."


def request(text: str = SENTENCE, voice: str = "af_heart", language: str = "en-US", **parameters: float) -> TakeRequest:
    return TakeRequest(text, voice, language, 0, parameters)


def make_engine(tmp_path: Path, variant: variants.VariantName = "packaged") -> EmbeddedEngine:
    return EmbeddedEngine(WeightStore(tmp_path / "cache", allow_hub=False), tmp_path / "cache", variant)


class FakeModel:
    """Stands for a loaded model: remembers its file, speaks as long as the phonemes are, and loads for nothing."""

    def __init__(self, path: Path, threads: int = 0) -> None:
        self.path = path

    def speak(self, phonemes: str, style: object, speed: float, cancel: CancelToken) -> Samples:
        return np.zeros(len(phonemes), np.float32)


@pytest.fixture
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replaces model files and loading; the list names the forms prepared."""
    prepared: list[str] = []

    def prepare(source: Path, target: Path, recipe: Recipe) -> str:
        prepared.append(recipe.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(recipe.name.encode())
        return file_sha256(target)

    monkeypatch.setattr(WeightStore, "path", lambda *_: tmp_path / "packaged.onnx")
    monkeypatch.setattr(variants, "prepare", prepare)
    monkeypatch.setattr(variants, "KokoroModel", FakeModel)
    monkeypatch.setattr(variants, "int8_is_exact", lambda: True)
    monkeypatch.setattr(variants, "_seconds", lambda model: 2.0 if "packaged" in model.path.name else 1.0)
    return prepared


@given(st.text(alphabet="ab ,.!—", max_size=400), st.integers(1, 50))
def test_pieces_lose_nothing_and_fit(phonemes: str, limit: int) -> None:
    pieces = split_phonemes(phonemes, limit)
    assert "".join(pieces) == phonemes
    assert all(len(piece) <= limit for piece in pieces)
    assert all(pieces) or phonemes == ""


@pytest.mark.parametrize(
    ("phonemes", "first"),
    [
        ("aaaaa. bbb, cc ddddd", "aaaaa."),
        ("aaaaaaa, bb ddddd", "aaaaaaa,"),
        ("aaaaaaa bbbbbbbb", "aaaaaaa "),
        ("aaaaaaaaaaaaaaaa", "aaaaaaaaaa"),
    ],
)
def test_pieces_end_where_a_cut_is_heard_least(phonemes: str, first: str) -> None:
    assert split_phonemes(phonemes, 10)[0] == first


def test_voices_are_named_and_known_by_content() -> None:
    voices = VoiceTable().voices
    assert len(voices) == 28
    assert voices[0].name == "af_heart"
    assert len({voice.content_hash for voice in voices}) == 28
    george = next(voice for voice in voices if voice.name == "bm_george")
    assert (george.language, george.gender, george.description) == ("en-GB", "male", "George, British male")


def test_a_voice_has_a_style_for_every_length() -> None:
    style = VoiceTable().style("af_heart")
    assert style.shape == (510, 256)
    assert style.dtype == np.float32
    assert len(style) > MAX_PHONEMES


def test_the_engine_answers_without_a_model(tmp_path: Path) -> None:
    engine = make_engine(tmp_path, "fast")
    assert isinstance(engine, Engine)
    capabilities = engine.capabilities
    assert capabilities.languages == ("en-US", "en-GB")
    assert [(p.name, p.minimum, p.maximum, p.default) for p in capabilities.parameters] == [("speed", 0.5, 2.0, 1.0)]
    assert capabilities.model.endswith("fast")
    assert capabilities.version != make_engine(tmp_path, "balanced").capabilities.version
    assert not (tmp_path / "cache").exists()


def test_an_unprepared_form_is_made_once(tmp_path: Path, fakes: list[str]) -> None:
    for _ in range(2):
        make_engine(tmp_path, "fast").load()
    assert fakes == ["fast"]


def test_a_damaged_prepared_model_is_made_again(tmp_path: Path, fakes: list[str]) -> None:
    make_engine(tmp_path, "fast").load()
    [made] = (tmp_path / "cache").rglob("fast-*.onnx")
    made.write_bytes(b"damaged")
    make_engine(tmp_path, "fast").load()
    assert fakes == ["fast", "fast"]
    assert made.read_bytes() == b"fast"


def test_a_prepared_model_without_its_record_is_made_again(tmp_path: Path, fakes: list[str]) -> None:
    make_engine(tmp_path, "fast").load()
    [record] = (tmp_path / "cache").rglob("fast-*.sha256")
    record.unlink()
    make_engine(tmp_path, "fast").load()
    assert fakes == ["fast", "fast"]


def test_files_of_an_older_recipe_go_away(tmp_path: Path, fakes: list[str]) -> None:
    make_engine(tmp_path, "fast").load()
    [made] = (tmp_path / "cache").rglob("fast-*.onnx")
    old = made.with_name("fast-00000000.onnx")
    made.rename(old)
    make_engine(tmp_path, "fast").load()
    assert [path.name for path in made.parent.glob("*.onnx")] == [f"fast-{FAST.key}.onnx"]


def test_auto_takes_the_faster_form_and_remembers(
    tmp_path: Path, fakes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make_engine(tmp_path, "auto")
    assert engine.capabilities.model.endswith("auto")
    engine.load()
    assert engine.capabilities.model.endswith("balanced")
    monkeypatch.setattr(variants, "_seconds", lambda _model: pytest.fail("timed again"))
    later = make_engine(tmp_path, "auto")
    assert later.capabilities == engine.capabilities
    later.load()
    assert fakes == ["balanced"]


def test_auto_keeps_the_packaged_form_where_it_is_faster(
    tmp_path: Path, fakes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(variants, "_seconds", lambda model: 1.0 if "packaged" in model.path.name else 2.0)
    engine = make_engine(tmp_path, "auto")
    engine.load()
    assert engine.capabilities.model.endswith("packaged")


@pytest.mark.parametrize(("wanted", "made"), [("auto", "balanced7"), ("balanced", "balanced7"), ("fast", "fast7")])
def test_where_8_bits_overflow_the_weights_take_7(
    tmp_path: Path, fakes: list[str], monkeypatch: pytest.MonkeyPatch, wanted: variants.VariantName, made: str
) -> None:
    monkeypatch.setattr(variants, "int8_is_exact", lambda: False)
    engine = make_engine(tmp_path, wanted)
    engine.load()
    assert fakes == [made]
    assert engine.capabilities.model.endswith(made)
    assert RECIPES[made].key in engine.capabilities.version


def test_an_unreadable_choice_is_made_again(tmp_path: Path, fakes: list[str]) -> None:
    make_engine(tmp_path, "auto").load()
    [choice] = (tmp_path / "cache").rglob("choice-*.json")
    for text in ("", "[]", '{"variant": "louder"}'):
        choice.write_text(text)
        make_engine(tmp_path, "auto").load()
        assert json.loads(choice.read_text())["variant"] == "balanced"


@pytest.mark.parametrize("failure", [DiskFullError("No room."), ModelLoadError("The package onnx is needed.")])
def test_without_preparation_the_packaged_form_speaks_and_says_so(
    tmp_path: Path, fakes: list[str], monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def fail(*_: object) -> str:
        raise failure

    monkeypatch.setattr(variants, "prepare", fail)
    engine = make_engine(tmp_path, "auto")
    said: list[str] = []
    engine.load(lambda sentence, _share: said.append(sentence))
    capabilities = engine.capabilities
    assert capabilities.model.endswith("packaged")
    assert str(failure) in capabilities.notes[-1]
    assert capabilities.notes[-1] in said


def test_a_missing_packaged_model_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speech.weights.importlib.util.find_spec", lambda _name: None)
    with pytest.raises(ModelLoadError, match="not on this machine"):
        make_engine(tmp_path).load()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (request(voice="af_nobody"), "voice"),
        (request(language="de-DE"), "language"),
        (request(speed=3.0), "speed"),
        (request(speed=float("nan")), "speed"),
    ],
)
def test_what_it_cannot_do_is_refused_by_name(tmp_path: Path, fakes: list[str], wrong: TakeRequest, field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        make_engine(tmp_path).generate([wrong], CancelToken())
    assert caught.value.field == field


def test_a_cancelled_request_is_not_spoken(tmp_path: Path, fakes: list[str]) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(CancelledError):
        make_engine(tmp_path).generate([request()], cancel)


def test_a_file_that_is_no_model_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"this is no model")
    with pytest.raises(ModelLoadError, match=r"cannot load broken\.onnx"):
        KokoroModel(path)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedEngine]:
    engine = make_engine(tmp_path_factory.mktemp("embedded"), "balanced")
    engine.load()
    yield engine
    engine.unload()


@pytest.mark.truth
class TestSpeech:
    def speak(self, engine: EmbeddedEngine, one: TakeRequest) -> Samples:
        [samples] = engine.generate([one], CancelToken())
        return samples

    def test_the_prepared_form_is_in_use(self, engine: EmbeddedEngine) -> None:
        assert engine.capabilities.model.endswith("balanced" if int8_is_exact() else "balanced7")

    def test_the_same_request_gives_the_same_samples(self, engine: EmbeddedEngine) -> None:
        first = self.speak(engine, request())
        assert 1.5 < first.size / 24_000 < 5
        assert 0.05 < np.abs(first).max() <= 1.5
        assert np.isfinite(first).all()
        np.testing.assert_array_equal(first, self.speak(engine, request()))
        engine.unload()
        np.testing.assert_array_equal(first, self.speak(engine, request()))

    def test_the_prepared_form_keeps_the_durations(self, engine: EmbeddedEngine) -> None:
        packaged = KokoroModel(WeightStore(engine._variants._folder.parents[1]).path(KOKORO))
        phonemes = engine._phonemiser.phonemes(SENTENCE, "en-US")
        spoken = packaged.speak(phonemes, VoiceTable().style("af_heart"), 1.0, CancelToken())
        assert spoken.size == self.speak(engine, request()).size

    def test_speed_shortens(self, engine: EmbeddedEngine) -> None:
        sizes = [self.speak(engine, request(speed=speed)).size for speed in (0.5, 1.0, 2.0)]
        assert sizes[0] > 1.5 * sizes[1] > 2 * sizes[2]

    def test_voices_differ(self, engine: EmbeddedEngine) -> None:
        british = self.speak(engine, request(voice="bm_george", language="en-GB"))
        american = self.speak(engine, request(voice="am_michael"))
        length = min(british.size, american.size)
        assert np.abs(british[:length] - american[:length]).max() > 0.05

    def test_longer_texts_than_one_call_takes_are_spoken_whole(
        self, engine: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        once = self.speak(engine, request())
        monkeypatch.setattr(model, "MAX_PHONEMES", 50)
        assert self.speak(engine, request(f"{SENTENCE} {SENTENCE}")).size > 1.8 * once.size

    def test_a_sound_the_model_does_not_know_is_an_error(self, engine: EmbeddedEngine) -> None:
        assert engine._model is not None
        style = VoiceTable().style("af_heart")
        with pytest.raises(GenerationError, match="no sound for 語"):
            engine._model.speak("həlˈO 語", style, 1.0, CancelToken())
        with pytest.raises(GenerationError, match="nothing that can be spoken"):
            engine._model.speak(" ", style, 1.0, CancelToken())

    def test_a_recording_is_spoken_by_the_blend_most_like_it(self, engine: EmbeddedEngine, tmp_path: Path) -> None:
        """A recording made of one of the voices is matched nearly as well as that voice matches itself."""
        path = tmp_path / "someone.wav"
        soundfile.write(path, self.speak(engine, request("The birch canoe slid on it.", voice="bm_fable")), 24_000)
        reference = Reference("someone", path, file_sha256(path))
        match = engine.match(reference, CancelToken())
        spoken = self.speak(engine, replace(request(), reference=reference))
        encoder, own = SpeakerEncoder(), engine.embedding("bm_fable")
        heard = encoder.embed(spoken, 24_000)
        # The nearest shipped voices reach 0.706 on strangers' recordings (benchmarks/voice_match.py).
        assert match.similarity > 0.755
        assert heard is not None and own is not None and similarity(heard, own) > 0.8
