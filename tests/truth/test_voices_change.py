"""Voice match and voice conversion with the real models."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api_models import TTSRequest, VCRequest
from config import load_settings
from core_engine import CoreEngine
from speech.conversion.listening import TOLERATED_LOSS

pytestmark = pytest.mark.truth


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CoreEngine]:
    folder: Path = tmp_path_factory.mktemp("folders")
    paths = {f"{name}_dir": str(folder / name) for name in ("output", "reference_audio", "vc_input", "temp")}
    settings = load_settings(None, {"paths": paths, "models": {"engine": "embedded"}, "ui": {"enable_ui": False}})
    core = CoreEngine(settings)
    state = core.wait_ready(600)
    assert state.ready, state.reason
    yield core
    core.close()


def test_a_recording_gets_another_voice_and_keeps_its_words(core: CoreEngine) -> None:
    text = "Glue the sheet to the dark blue background. Four hours of steady work faced us."
    spoken = core.tts(TTSRequest(text=text, voice="af_heart", export_formats=["wav"]))
    core.settings.paths.vc_input_dir.mkdir()
    (core.settings.paths.vc_input_dir / "talk.wav").write_bytes(spoken.files[0].path.read_bytes())
    converted = core.vc(
        VCRequest(input_audio_source="talk.wav", target_voice_source="am_michael", export_formats=["wav"])
    )
    assert converted.audio_seconds == pytest.approx(spoken.audio_seconds, abs=0.001)
    assert converted.quality.wer is not None and converted.quality.wer <= TOLERATED_LOSS
    likeness = converted.likeness
    assert likeness is not None
    assert likeness.target > likeness.source and likeness.target > likeness.before + 0.1


def test_a_recording_as_voice_is_named_a_match(core: CoreEngine) -> None:
    source = core.tts(TTSRequest(text="Rice is often served in round bowls.", voice="bf_emma", export_formats=["wav"]))
    core.settings.paths.reference_audio_dir.mkdir()
    (core.settings.paths.reference_audio_dir / "emma.wav").write_bytes(source.files[0].path.read_bytes())
    spoken = core.tts(TTSRequest(text="The juice of lemons makes fine punch.", voice="emma.wav"))
    assert spoken.quality.verdict.startswith("passed")
    assert any(warning.startswith("Voice match (approximate): emma.wav is spoken by") for warning in spoken.warnings)
