"""Caption times against the durations that the voice model itself gave to each sound."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from api_models import TTSRequest
from benchmarks.validation_spoil import energy_edges
from config import load_settings
from core_engine import CoreEngine
from speech.captions import CaptionWord, caption_words, make_cues
from speech.engines.embedded.graph import Graph
from speech.engines.embedded.model import read_vocabulary
from speech.engines.embedded.phonemes import Phonemiser
from speech.engines.embedded.voices import VoiceTable
from speech.engines.protocol import TakeRequest
from speech.quality import ChunkQuality
from speech.samples import Samples
from speech.text.lower import lower_case
from speech.weights import WeightStore
from speech.weights_catalogue import KOKORO
from tests.support.tones import decode

pytestmark = pytest.mark.truth

TEXT = (
    "The old lighthouse stood at the edge of the harbor. The keeper climbed the narrow stairs and lit the lamp. "
    "Fishing boats came home before the storm. Nobody in the village knew how long he had lived there. "
    "On quiet nights he wrote letters to his sister. She kept all of them in a wooden box."
)
VOICE = "af_heart"
RATE = 24_000
DURATIONS = "/encoder/Clip_output_0"
STEP = 600
"""Samples for one step of the model's durations."""
MOST = 0.10
"""Mean deviation of word starts in seconds; the aim is 0.15."""


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CoreEngine]:
    outputs = tmp_path_factory.mktemp("outputs")
    core = CoreEngine(load_settings(None, {"paths": {"output_dir": str(outputs)}, "ui": {"enable_ui": False}}))
    state = core.wait_ready(600)
    assert state.ready, state.reason
    yield core
    core.close()


class Prosody:
    """The part of the voice model that decides how long each sound lasts; every form of the model keeps it."""

    def __init__(self, store: WeightStore) -> None:
        import onnx
        import onnxruntime

        model = onnx.load(str(store.path(KOKORO)))
        del model.graph.output[:]
        model.graph.output.append(onnx.helper.make_empty_tensor_value_info(DURATIONS))
        Graph(model).apply()
        self._session: Any = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        self._vocabulary, self._voices, self._phonemiser = read_vocabulary(), VoiceTable(), Phonemiser()

    def word_starts(self, request: TakeRequest) -> tuple[list[float], int]:
        """Seconds at which each word's first sound begins, and the length of the take in samples."""
        phonemes = self._phonemiser.phonemes(request.text, request.language)
        numbers = [self._vocabulary[symbol] for symbol in phonemes]
        inputs = {
            "tokens": np.array([[0, *numbers, 0]], np.int64),
            "style": self._voices.style(request.voice)[len(numbers)][np.newaxis].astype(np.float32),
            "speed": np.array([request.parameters["speed"]], np.float32),
        }
        ends = np.cumsum(self._session.run([DURATIONS], inputs)[0].ravel()) * STEP
        symbols = pairwise(" " + phonemes)
        starts = [end / RATE for end, (before, _) in zip(ends, symbols, strict=False) if before == " "]
        return starts, int(ends[-1])


def place_of(part: Samples, whole: Samples) -> int:
    """Where `part`, whose edges are faded, was cut out of `whole`."""
    inner = part[500:-500]
    size = len(whole) + len(inner)
    likeness = np.fft.irfft(np.fft.rfft(whole, size) * np.conj(np.fft.rfft(inner, size)), size)
    best = int(np.argmax(likeness[: len(whole) - len(inner) + 1]))
    assert np.abs(whole[best : best + len(inner)] - inner).max() < 1e-3
    return best - 500


def deviations(
    chunk: ChunkQuality, words: list[CaptionWord], take: Samples, starts: list[float], audio: Samples
) -> list[float]:
    """Caption times of one chunk less the true ones, in seconds."""
    begin, end = round(chunk.start * RATE), round(chunk.end * RATE)
    cut = place_of(audio[begin:end], take)
    true = [chunk.start + (edge - cut) / RATE for edge in energy_edges(take, starts)]
    return [word.start - moment for word, moment in zip(words, true, strict=True)]


def test_words_are_captioned_when_they_are_heard(core: CoreEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    takes: dict[str, tuple[TakeRequest, Samples]] = {}
    generate = core.engine.generate

    def recorded(batch: Any, cancel: Any) -> list[Samples]:
        made = generate(batch, cancel)
        takes.update({request.text: (request, samples) for request, samples in zip(batch, made, strict=True)})
        return made

    monkeypatch.setattr(core.engine, "generate", recorded)
    result = core.tts(TTSRequest.model_validate({"text": TEXT, "voice": VOICE, "export_formats": ["wav"]}))
    audio, _ = decode(result.files[0].path)
    prosody = Prosody(WeightStore(core.settings.paths.models_dir))
    words = caption_words(result.quality.chunks)
    found: list[float] = []
    for chunk in result.quality.chunks:
        assert chunk.takes == 1
        request, take = takes[lower_case(chunk.text)]
        starts, length = prosody.word_starts(request)
        assert length == len(take)
        found += deviations(chunk, [word for word in words if word.chunk == chunk.index], take, starts, audio)
    assert len(found) == len(TEXT.split())
    assert float(np.mean(np.abs(found))) <= MOST

    cues = make_cues(words, result.audio_seconds)
    assert " ".join(line for cue in cues for line in cue.lines) == TEXT
    assert cues[-1].end <= result.audio_seconds + 0.001
    assert all(left.end <= right.start for left, right in pairwise(cues))
