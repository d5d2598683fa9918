"""The whole path with the real models, judged by a Whisper that is not the validator."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import pytest
import soxr
from starlette.testclient import TestClient

from api_models import TTSRequest
from config import load_settings
from core.results import SpeechResult
from core_engine import CoreEngine
from main_api import create_app
from speech.text.spoken import spoken_form
from speech.validation.compare import normal_words
from speech.weights import WeightStore
from speech.weights_catalogue import WHISPER_TINY_EN
from tests.support.tones import decode

pytestmark = pytest.mark.truth

REPOSITORY = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CoreEngine]:
    outputs = tmp_path_factory.mktemp("outputs")
    settings = load_settings(None, {"paths": {"output_dir": str(outputs)}, "ui": {"enable_ui": False}})
    core = CoreEngine(settings)
    state = core.wait_ready(600)
    assert state.ready, state.reason
    yield core
    core.close()


@pytest.fixture(scope="module")
def judge(core: CoreEngine) -> object:
    from faster_whisper import WhisperModel

    folder = WeightStore(core.settings.paths.models_dir).folder(WHISPER_TINY_EN)
    return WhisperModel(str(folder), device="cpu", compute_type="int8", local_files_only=True)


def heard(judge: object, result: SpeechResult) -> list[str]:
    samples, rate = decode(result.files[0].path)
    audio = soxr.resample(samples, rate, 16_000).astype(np.float32)
    segments, _ = judge.transcribe(audio, language="en", beam_size=5)  # type: ignore[attr-defined]
    return normal_words(" ".join(segment.text for segment in segments), "en")


def _characters(words: list[str]) -> str:
    return "".join(character for word in words for character in word if character.isalnum())


def request(text: str, **fields: object) -> TTSRequest:
    return TTSRequest.model_validate({"text": text, "export_formats": ["wav"], **fields})


@pytest.mark.parametrize(
    ("text", "voice"),
    [
        ("The old lighthouse stood at the edge of the harbor.", "af_heart"),
        ("Doctor Smith paid $3.50 at 7:45 p.m. and walked home.", "am_michael"),
        ("The package weighs 5kg and costs twelve dollars.", "bf_emma"),
    ],
)
def test_what_is_asked_is_what_is_heard(core: CoreEngine, judge: object, text: str, voice: str) -> None:
    result = core.tts(request(text, voice=voice))
    assert result.quality.verdict in ("passed", "passed_with_warnings")
    said = _characters(heard(judge, result))
    # Letters and digits only, in either form: the judge is free to write 7:45 or 7.45, 5 kg or 5 kilograms.
    forms = [_characters(normal_words(form, "en")) for form in (text, spoken_form(text, "en-US"))]
    assert max(SequenceMatcher(None, form, said).ratio() for form in forms) >= 0.92, said


def test_word_times_rise_and_lie_inside_their_chunk(core: CoreEngine) -> None:
    result = core.tts(request("The birch canoe slid on the smooth planks. Rice is often served in round bowls."))
    for chunk in result.quality.chunks:
        assert len(chunk.words) == len(chunk.text.split())
        times = [moment for word in chunk.words for moment in (word.start, word.end)]
        assert times == sorted(times)
        assert chunk.start <= times[0] and times[-1] <= chunk.end


def test_equal_requests_give_equal_samples_also_beside_others(core: CoreEngine) -> None:
    text = "Four hours of steady work faced us."
    alone = decode(core.tts(request(text, seed=3)).files[0].path)[0]
    with ThreadPoolExecutor(3) as pool:
        others = [pool.submit(core.tts, request("A large size in stockings is hard to sell.", voice="bm_george"))]
        beside = decode(core.tts(request(text, seed=3)).files[0].path)[0]
        for other in others:
            other.result(60)
    assert np.array_equal(alone, beside)


def test_speed_changes_the_length(core: CoreEngine) -> None:
    text = "These days a chicken leg is a rare dish."
    slow = core.tts(request(text, speed_factor=0.8)).audio_seconds
    fast = core.tts(request(text, speed_factor=1.4)).audio_seconds
    assert slow / fast == pytest.approx(1.4 / 0.8, rel=0.2)


def test_what_was_spoken_is_written_down_again(core: CoreEngine) -> None:
    texts = ["The old lighthouse stood at the edge of the harbor.", "These days a chicken leg is a rare dish."]
    result = core.tts(request(" ".join(texts)))
    with TestClient(create_app(core.settings, _Shared(core))) as client, result.files[0].path.open("rb") as file:
        fields = {"model": "whisper-1", "response_format": "verbose_json"}
        reply = client.post("/v1/audio/transcriptions", data=fields, files={"file": ("talk.wav", file)}).json()
    assert (reply["language"], reply["duration"]) == ("en", pytest.approx(result.audio_seconds, abs=0.01))
    said = _characters(normal_words(reply["text"], "en"))
    assert SequenceMatcher(None, _characters(normal_words(" ".join(texts), "en")), said).ratio() >= 0.92, said
    first, second = reply["segments"]
    assert first["end"] <= second["start"] < second["end"] <= reply["duration"]


def test_what_cannot_be_spoken_is_refused_by_name(core: CoreEngine) -> None:
    with TestClient(create_app(core.settings, _Shared(core))) as client:
        reply = client.post("/api/v1/tts", json={"text": "The word is 東京 in Japanese."})
        assert reply.status_code == 422
        assert "東京" in reply.json()["error"]
        assert client.post("/api/v1/tts", json={"text": "Bonjour.", "language": "fr"}).status_code == 422


class _Shared:
    """The module's core, without the closing that an application does at its end."""

    def __init__(self, core: CoreEngine) -> None:
        self._core = core

    def __getattr__(self, name: str) -> object:
        return getattr(self._core, name)

    def close(self) -> None:
        pass
