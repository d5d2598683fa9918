import numpy as np
import pytest

from speech.samples import Samples
from speech.trim import MARGIN_SECONDS, trim_to_speech
from speech.validation.protocol import Check, Word

RATE = 24_000


def take(*parts: tuple[float, float]) -> Samples:
    """Parts of (seconds, level) of noise one after the other."""
    noise = np.random.default_rng(1)
    return np.concatenate([level * noise.uniform(-1, 1, int(seconds * RATE)) for seconds, level in parts]).astype(
        np.float32
    )


def heard(start: float, end: float) -> Check:
    return Check(True, 1.0, "forced", words=(Word("all", start, end, 0.9),), speech_start=start, speech_end=end)


def test_unchecked_takes_lose_only_silence() -> None:
    samples, offset = trim_to_speech(take((0.4, 0), (1.0, 0.5), (0.6, 0)), RATE, None)
    assert len(samples) / RATE == pytest.approx(1.0 + 2 * MARGIN_SECONDS, abs=0.02)
    assert offset == pytest.approx(0.4 - MARGIN_SECONDS, abs=0.02)


def test_invented_tail_goes_however_loud() -> None:
    spoiled = take((0.2, 0), (1.0, 0.3), (0.2, 0.0), (2.0, 0.9))
    samples, _ = trim_to_speech(spoiled, RATE, heard(0.2, 1.2))
    assert len(samples) / RATE == pytest.approx(1.0 + 2 * MARGIN_SECONDS, abs=0.02)
    assert np.abs(samples).max() < 0.4


def test_an_early_first_word_is_not_cut() -> None:
    samples, offset = trim_to_speech(take((0.2, 0), (1.0, 0.5)), RATE, heard(0.38, 1.2))
    assert offset == pytest.approx(0.2 - MARGIN_SECONDS, abs=0.02)
    assert len(samples) / RATE == pytest.approx(1.0 + MARGIN_SECONDS, abs=0.02)


def test_an_invented_head_goes() -> None:
    samples, offset = trim_to_speech(take((1.0, 0.5), (0.2, 0), (1.0, 0.5)), RATE, heard(1.25, 2.2))
    assert offset == pytest.approx(1.25 - 0.15 - MARGIN_SECONDS, abs=0.02)
    assert len(samples) > 0


def test_silence_stays_as_it_is() -> None:
    samples, offset = trim_to_speech(np.zeros(RATE, np.float32), RATE, None)
    assert (len(samples), offset) == (RATE, 0.0)
