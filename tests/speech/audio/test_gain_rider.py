import numpy as np
import pytest

from speech.audio.gain_rider import MOST_DB, GainRider
from speech.audio.loudness_meter import measure
from speech.samples import Samples
from tests.speech.audio.sounds import RATE, noise, pieces, silence, vowel

UNEVEN = pieces(vowel(9.0, 110.0, 0.03), vowel(9.0, 110.0, 0.2), silence(5.0), vowel(9.0, 110.0, 0.08))


def ridden(samples: Samples, rider: GainRider, size: int = 7777) -> Samples:
    blocks = (samples[start : start + size] for start in range(0, len(samples), size))
    return pieces(silence(0), *rider.ride(blocks, RATE))


def test_range_becomes_smaller_and_length_stays() -> None:
    before = measure([UNEVEN], RATE)
    result = ridden(UNEVEN, GainRider(before.integrated, 0.6))
    assert len(result) == len(UNEVEN)
    assert measure([result], RATE).range_lu < 0.6 * before.range_lu


def test_blocks_make_no_difference() -> None:
    rider = GainRider(-20.0, 0.6)
    assert np.array_equal(ridden(UNEVEN, rider, 1234), ridden(UNEVEN, rider, len(UNEVEN)))


def test_gain_is_slow_and_bounded() -> None:
    sound = np.concatenate([noise(20.0, 0.01), noise(20.0, 0.3, 1)])
    loud = np.nonzero(np.abs(sound) > 1e-3)[0]
    gain = 20 * np.log10(ridden(sound, GainRider(-20.0, 0.8))[loud] / sound[loud])
    assert np.abs(gain).max() > 8
    assert np.abs(gain).max() <= MOST_DB + 1e-3
    assert (np.abs(np.diff(gain)) / np.diff(loud)).max() * RATE < 30  # dB per second


def test_slope_zero_and_silence_change_nothing() -> None:
    assert np.allclose(ridden(UNEVEN, GainRider(-20.0, 0.0)), UNEVEN)
    assert np.array_equal(ridden(silence(4.0), GainRider(-20.0, 0.8)), silence(4.0))


def test_pauses_are_not_raised() -> None:
    rider = GainRider(measure([UNEVEN], RATE).integrated, 0.8)
    room = UNEVEN.copy()
    pause = slice(round(18.5 * RATE), round(22.5 * RATE))
    room[pause] = 1e-4 * np.sign(np.sin(np.arange(pause.stop - pause.start)))
    gain = np.abs(ridden(room, rider)[pause]).max() / 1e-4
    assert gain < 10 ** (MOST_DB / 2 / 20)


@pytest.mark.parametrize("seconds", [0.05, 0.5, 2.0])
def test_short_sounds(seconds: float) -> None:
    sound = vowel(seconds, 110.0)
    assert len(ridden(sound, GainRider(-20.0, 0.5))) == len(sound)
