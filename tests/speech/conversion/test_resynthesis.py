"""The way from what is heard to what is spoken, with tones for speech and a listener that is told what it hears."""

from collections.abc import Iterator

import numpy as np
import pytest

from exceptions import GenerationError
from speech.cancel import CancelToken
from speech.conversion.resynthesis import ResynthesisConverter
from speech.engines.protocol import TakeRequest
from speech.engines.tone import ToneEngine, ToneFaults
from speech.lane import Lane
from speech.samples import Samples
from speech.validation.protocol import Transcript, Word

RATE = 24_000


class Told:
    """Hears one word in each span it is told of."""

    def __init__(self, *spans: tuple[float, float]) -> None:
        self._spans = spans

    def transcribe(self, samples: Samples, sample_rate: int, language: str) -> Transcript:
        words = tuple(Word(f"word{i}", start, end, 1.0) for i, (start, end) in enumerate(self._spans))
        return Transcript(" ".join(word.text for word in words), words)

    def detect_language(self, samples: Samples, sample_rate: int) -> str:
        return "en"


class Spoken(ToneEngine):
    """Notes what it is asked to say."""

    def __init__(self, faults: ToneFaults | None = None) -> None:
        super().__init__(faults)
        self.asked: list[TakeRequest] = []

    def _speak(self, request: TakeRequest, cancel: CancelToken) -> Samples:
        self.asked.append(request)
        return super()._speak(request, cancel)


@pytest.fixture
def engine() -> Spoken:
    return Spoken()


@pytest.fixture
def lane(engine: Spoken) -> Iterator[Lane]:
    lane = Lane(engine)
    yield lane
    lane.close()


def recording(*spans: tuple[float, float], seconds: float = 5.0) -> Samples:
    clock = np.arange(int(seconds * RATE)) / RATE
    inside = np.any([(clock >= start) & (clock < end) for start, end in spans], axis=0)
    return (0.3 * np.sin(2 * np.pi * 150 * clock) * inside).astype(np.float32)


def level(samples: Samples, start: float, end: float) -> float:
    return float(np.sqrt(np.mean(samples[int(start * RATE) : int(end * RATE)].astype(np.float64) ** 2)))


def test_each_phrase_is_spoken_in_its_place(lane: Lane, engine: Spoken) -> None:
    spans = ((0.5, 1.5), (2.5, 4.0))
    source = recording(*spans)
    converted = ResynthesisConverter(lane, Told(*spans), engine.voices[2], "en-US").convert(source, CancelToken())
    assert len(converted.samples) == len(source) and converted.warnings == ()
    assert [(take.text, take.voice) for take in engine.asked] == [("word0", "tone-c"), ("word1", "tone-c")]
    for start, end in spans:
        assert level(converted.samples, start, end) == pytest.approx(level(source, start, end), rel=0.15)
    assert level(converted.samples, 1.8, 2.3) < 0.01
    assert not np.allclose(converted.samples, source, atol=0.1)


def test_sound_without_words_stays_and_is_named(lane: Lane, engine: Spoken) -> None:
    source = recording((0.5, 1.5), (3.0, 4.0))
    converted = ResynthesisConverter(lane, Told((0.5, 1.5)), engine.voices[0], "en-US").convert(source, CancelToken())
    assert np.array_equal(
        converted.samples[int(3.2 * RATE) : int(3.8 * RATE)], source[int(3.2 * RATE) : int(3.8 * RATE)]
    )
    [warning] = converted.warnings
    assert warning.startswith("From 2.9 s to 4.1 s")


def test_a_phrase_that_cannot_be_spoken_fails(engine: Spoken) -> None:
    lane = Lane(Spoken(ToneFaults("raise", -1)))
    try:
        with pytest.raises(GenerationError):
            ResynthesisConverter(lane, Told((0.5, 1.5)), engine.voices[0], "en-US").convert(
                recording((0.5, 1.5)), CancelToken()
            )
    finally:
        lane.close()
