import sys
from pathlib import Path

import numpy as np
import pytest

from exceptions import ConfigurationError
from speech.cancel import CancelToken
from speech.engines.protocol import Engine, TakeRequest
from speech.engines.registry import ENTRY_POINT_GROUP, EngineContext, create_engine, engine_names
from speech.engines.tone import ToneEngine, chunk_pitch
from tests.support.tones import chunk_pitch_of, voice_of


@pytest.fixture
def context(tmp_path: Path) -> EngineContext:
    return EngineContext(tmp_path, None, False, 1, {})


@pytest.fixture
def plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package that announces two engines, one of them broken."""
    (tmp_path / "parrot_engine.py").write_text(
        "from speech.engines.tone import ToneEngine\ndef create(context):\n    return ToneEngine()\n"
    )
    info = tmp_path / "parrot_engine-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: parrot-engine\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        f"[{ENTRY_POINT_GROUP}]\nparrot = parrot_engine:create\nbroken = parrot_engine:nothing\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("parrot_engine", None)


@pytest.mark.parametrize("name", ["embedded", "tone"])
def test_built_in_engines_are_created_without_loading(name: str, context: EngineContext) -> None:
    engine = create_engine(name, context)
    assert isinstance(engine, Engine)
    assert engine.capabilities.engine == name
    assert engine.voices


def test_installed_packages_add_engines(plug_in: None, context: EngineContext) -> None:
    assert engine_names() == ("chatterbox", "embedded", "tone", "broken", "parrot")
    assert isinstance(create_engine("parrot", context), ToneEngine)


def test_a_broken_plug_in_is_named(plug_in: None, context: EngineContext) -> None:
    with pytest.raises(ConfigurationError, match="'broken'"):
        create_engine("broken", context)


def test_an_unknown_name_lists_the_known(context: EngineContext) -> None:
    with pytest.raises(ConfigurationError, match="embedded, tone"):
        create_engine("none", context)


@pytest.mark.parametrize("options", [{"variant": "tiny"}, {"variants": "fast"}])
def test_faulty_options_are_named(tmp_path: Path, options: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="variant"):
        create_engine("embedded", EngineContext(tmp_path, None, False, 1, options))


def test_tone_takes_its_faults_from_the_options(tmp_path: Path) -> None:
    engine = create_engine("tone", EngineContext(tmp_path, None, False, 1, {"fault": "silence", "fault_takes": 1}))
    request = TakeRequest("hello", "tone-a", "en-US", 1)
    first, second = engine.generate([request, request], CancelToken())
    assert not first.any() and second.any()


@pytest.mark.parametrize("voice", [f"tone-{letter}" for letter in "abcdefgh"])
@pytest.mark.parametrize("text", ["Hi.", "A longer sentence than the other one.", "日本語"])
def test_tones_tell_voice_and_text(voice: str, text: str) -> None:
    samples = ToneEngine().generate([TakeRequest(text, voice, "en-US", 1)], CancelToken())[0]
    assert voice_of(samples, 24_000) == voice
    assert chunk_pitch_of(samples, 24_000) == chunk_pitch(text)


def test_tone_seed_matters_little_and_always_the_same() -> None:
    def speak(seed: int) -> np.ndarray:
        return ToneEngine().generate([TakeRequest("hello", "tone-a", "en-US", seed)], CancelToken())[0]

    assert np.array_equal(speak(1), speak(1))
    assert not np.array_equal(speak(1), speak(2))
    assert np.abs(speak(1) - speak(2)).max() < 0.01
