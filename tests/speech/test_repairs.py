import numpy as np
import pytest

from speech.repairs import MARGIN_SECONDS, repair
from speech.samples import Samples
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
    found = repair(take((0.4, 0), (1.0, 0.5), (0.6, 0)), RATE, None)
    assert len(found.samples) / RATE == pytest.approx(1.0 + 2 * MARGIN_SECONDS, abs=0.02)
    assert found.time_map(0.4) == pytest.approx(MARGIN_SECONDS, abs=0.02)
    assert found.repairs == ()


def test_invented_tail_goes_however_loud() -> None:
    spoiled = take((0.2, 0), (1.0, 0.3), (0.2, 0.0), (2.0, 0.9))
    found = repair(spoiled, RATE, heard(0.2, 1.2))
    assert len(found.samples) / RATE == pytest.approx(1.0 + 2 * MARGIN_SECONDS, abs=0.02)
    assert np.abs(found.samples).max() < 0.4
    assert found.repairs == ("tail_trimmed",)


def test_an_early_first_word_is_not_cut() -> None:
    found = repair(take((0.2, 0), (1.0, 0.5)), RATE, heard(0.38, 1.2))
    assert found.time_map(0.2) == pytest.approx(MARGIN_SECONDS, abs=0.02)
    assert found.repairs == ()
    assert len(found.samples) / RATE == pytest.approx(1.0 + MARGIN_SECONDS, abs=0.02)


def test_an_invented_head_goes() -> None:
    found = repair(take((1.0, 0.5), (0.2, 0), (1.0, 0.5)), RATE, heard(1.25, 2.2))
    assert found.time_map(1.25) == pytest.approx(0.15 + MARGIN_SECONDS, abs=0.02)
    assert found.repairs == ("head_trimmed",)
    assert len(found.samples) > 0


def test_silence_stays_as_it_is() -> None:
    found = repair(np.zeros(RATE, np.float32), RATE, None)
    assert (len(found.samples), found.time_map(0.5)) == (RATE, 0.5)


def test_dead_air_is_shortened_and_times_follow() -> None:
    samples = take((0.5, 0.5), (3.0, 0.0), (0.5, 0.5))
    found = repair(samples, RATE, heard(0.0, 4.0), longest_silence=1.0)
    assert len(found.samples) / RATE == pytest.approx(1.6, abs=0.03)
    assert found.time_map(3.5) == pytest.approx(1.1, abs=0.03)
    assert found.repairs == ("dead_air_shortened",)
    assert repair(samples, RATE, heard(0.0, 4.0)).repairs == ()
