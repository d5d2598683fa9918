import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speech.audio.limiter import limit
from speech.audio.loudness_meter import measure
from speech.samples import Samples
from tests.speech.audio.sounds import RATE, noise, pieces, silence, tone, vowel


def limited(samples: Samples, ceiling: float, size: int = 5000) -> Samples:
    blocks = (samples[start : start + size] for start in range(0, len(samples), size))
    return pieces(silence(0), *limit(blocks, RATE, ceiling))


@pytest.mark.parametrize("ceiling", [-1.0, -3.0, -9.0])
@pytest.mark.parametrize("sound", [noise(2.5, 0.4), vowel(2.5, 100.0, 0.4), tone(2.5, 1.6, 5000.0)])
def test_true_peaks_stay_below_the_ceiling(sound: Samples, ceiling: float) -> None:
    result = limited(sound, ceiling)
    assert len(result) == len(sound)
    assert measure([result], RATE).true_peak == pytest.approx(ceiling, abs=0.1)


def test_below_the_ceiling_nothing_changes() -> None:
    sound = vowel(3.0, 100.0, 0.05)
    assert np.array_equal(limited(sound, -2.0), sound)


def test_only_the_surroundings_of_a_peak_become_quieter() -> None:
    sound = noise(3.0, 0.05)
    sound[RATE + 100] = 1.5
    result = limited(sound, -3.0)
    changed = np.nonzero(result != sound)[0] / RATE
    assert 1.0 + 100 / RATE - 0.025 < changed.min() < changed.max() < 1.0 + 100 / RATE + 0.025


def test_gain_moves_smoothly() -> None:
    sound = np.full(RATE, 0.5, np.float32)
    sound[RATE // 2] = 1.0
    steps = np.abs(np.diff(limited(sound, -3.0)))
    assert np.sort(steps)[-3] < 0.002  # but for the peak's own two


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 9000))
def test_blocks_make_no_difference(size: int) -> None:
    sound = vowel(1.3, 100.0, 0.5)
    assert np.array_equal(limited(sound, -3.0, size), limited(sound, -3.0, len(sound)))
