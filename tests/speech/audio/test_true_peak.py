import numpy as np
import pytest

from speech.audio.true_peak import CONTEXT, true_peaks
from tests.speech.audio.sounds import RATE, noise, tone


@pytest.mark.parametrize("share", [0.05, 0.17, 0.25, 0.333, 0.42])
@pytest.mark.parametrize("phase", [0.0, 0.3, 0.8, 1.3])
def test_finds_the_crest_between_samples(share: float, phase: float) -> None:
    wave = (0.5 * np.sin(2 * np.pi * share * np.arange(4000) + phase)).astype(np.float32)
    found = true_peaks(wave, RATE)[CONTEXT:-CONTEXT].max()
    assert 20 * np.log10(found / 0.5) == pytest.approx(0.0, abs=0.1)


def test_a_floor_changes_nothing_above_it() -> None:
    padded = noise(0.5, 0.2)
    peaks, fast = true_peaks(padded, RATE), true_peaks(padded, RATE, floor=0.6)
    assert len(peaks) == len(fast) == len(padded) - 2 * CONTEXT
    assert np.array_equal(peaks[peaks >= 0.6], fast[peaks >= 0.6])


def test_peaks_belong_to_their_samples() -> None:
    padded = np.zeros(2 * CONTEXT + 100, np.float32)
    padded[CONTEXT + 40] = 1.0
    peaks = true_peaks(padded, RATE)
    assert peaks.argmax() in (39, 40)
    assert peaks[40] == pytest.approx(1.0, abs=0.01)


def test_nothing_has_no_peaks() -> None:
    assert len(true_peaks(np.zeros(2 * CONTEXT, np.float32), RATE)) == 0
    assert true_peaks(tone(0.1, 0.0), RATE).max() == 0.0
