from itertools import pairwise

import numpy as np
import pytest

from speech.conversion.phrases import LONGEST_SECONDS, phrases_of
from speech.conversion.vocoder import FRAME_SECONDS, analyse, carried_pitch, pitch_of, synthesise
from speech.samples import Samples
from speech.validation.protocol import Word

RATE = 24_000


def vowel(pitch: np.ndarray) -> Samples:
    """A pulse train with this pitch, one value for each sample, through a formant."""
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    tones = [np.exp(-(((k * pitch - 700) / 500.0) ** 2)) * np.sin(k * phase) for k in range(1, 20)]
    return (0.1 * np.sum(tones, axis=0)).astype(np.float32)


def test_speech_survives_being_taken_apart() -> None:
    sound = vowel(np.full(RATE, 140.0))
    again = synthesise(analyse(sound, RATE), RATE)
    assert abs(len(again) - len(sound)) < 2 * FRAME_SECONDS * RATE
    pitch, _ = pitch_of(again, RATE)
    assert np.median(pitch[pitch > 0]) == pytest.approx(140, rel=0.01)


def test_frames_can_be_taken_at_another_speed() -> None:
    analysis = analyse(vowel(np.linspace(110, 180, RATE)), RATE)
    count = len(analysis.pitch)
    slower = analysis.at(np.arange(0, count - 1, 0.5))
    assert len(slower.pitch) == len(slower.cepstra) == len(slower.breath) == 2 * (count - 1)
    assert slower.pitch[count] == pytest.approx(analysis.pitch[count // 2], rel=0.02)


def test_a_contour_is_carried_into_another_range() -> None:
    contour = np.where(np.arange(400) % 100 < 70, 100 + 0.1 * np.arange(400), 0.0)
    voice = np.random.default_rng(0).normal(210, 20, 500)
    carried = carried_pitch(contour, voice)
    assert np.median(carried[contour > 0]) == pytest.approx(210, rel=0.03)
    assert np.corrcoef(carried[contour > 0], contour[contour > 0])[0, 1] > 0.99
    assert (carried > 0).all()


@pytest.mark.parametrize(("contour", "voice"), [(np.zeros(50), np.full(50, 200.0)), (np.full(50, 100.0), np.zeros(50))])
def test_without_pitch_there_is_none_to_carry(contour: np.ndarray, voice: np.ndarray) -> None:
    assert (carried_pitch(contour, voice) == 0).all()


def words(*times: tuple[str, float, float]) -> list[Word]:
    return [Word(text, start, end, 1.0) for text, start, end in times]


def test_phrases_end_at_pauses_and_sentences() -> None:
    heard = words(("One", 0.5, 0.8), ("two.", 0.8, 1.1), ("Three", 1.2, 1.5), ("four", 2.4, 2.7))
    found = phrases_of(heard, 4.0)
    assert [phrase.text for phrase in found] == ["One two.", "Three", "four"]
    assert [round(phrase.start, 2) for phrase in found] == [0.38, 1.15, 2.28]
    assert all(one.end <= other.start for one, other in pairwise(found))


def test_long_phrases_are_cut_and_times_stay_inside() -> None:
    heard = [Word(f"word{i}", 0.4 * i, 0.4 * i + 0.4, 1.0) for i in range(60)]
    found = phrases_of(heard, 24.0)
    assert " ".join(phrase.text for phrase in found).split() == [word.text for word in heard]
    assert all(phrase.end - phrase.start <= LONGEST_SECONDS + 0.3 for phrase in found)
    assert found[0].start == 0.0 and found[-1].end == 24.0


def test_nothing_heard_gives_no_phrase() -> None:
    assert phrases_of([], 3.0) == []
