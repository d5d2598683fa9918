import numpy as np
import pytest

from exceptions import InvalidRequestError
from speech.audio.pitch import shift_pitch
from tests.support.tones import strongest

RATE = 24_000


@pytest.mark.parametrize("semitones", [-12.0, -5.0, -0.5, 3.0, 12.0])
def test_the_pitch_moves_and_the_length_stays(semitones: float) -> None:
    sound = (0.3 * np.sin(2 * np.pi * 300 * np.arange(RATE + 7) / RATE)).astype(np.float32)
    shifted = shift_pitch(sound, RATE, semitones)
    assert len(shifted) == len(sound)
    assert strongest(shifted, RATE, 50, 2000) == pytest.approx(300 * 2 ** (semitones / 12), rel=0.01)


def test_no_shift_changes_nothing() -> None:
    sound = np.random.default_rng(0).standard_normal(1000).astype(np.float32)
    assert shift_pitch(sound, RATE, 0.0) is sound


def test_more_than_an_octave_is_refused() -> None:
    with pytest.raises(InvalidRequestError):
        shift_pitch(np.ones(1000, np.float32), RATE, 12.5)
