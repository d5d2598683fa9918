import numpy as np
import pytest

from exceptions import InvalidRequestError
from speech.audio.stretch import stretch
from tests.speech.audio.pitch import pitch_change, pitches
from tests.speech.audio.sounds import RATE, noise, pieces, silence, step, tone, vowel

FACTORS = [0.5, 0.75, 0.9, 1.1, 1.25, 1.5, 2.0]


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("pitch", [85.0, 130.0, 240.0])
def test_pitch_stays_and_length_is_exact(factor: float, pitch: float) -> None:
    source = vowel(3.0, pitch)
    result, time_map = stretch(source, RATE, factor)
    assert len(result) == round(len(source) / factor)
    assert time_map.seconds == pytest.approx(len(result) / RATE)
    assert pitch_change(source, result, RATE, factor) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("factor", FACTORS)
def test_no_clicks_and_the_same_level(factor: float) -> None:
    source = vowel(3.0, 120.0)
    result, _ = stretch(source, RATE, factor)
    assert step(result) <= 1.1 * step(source)
    assert np.sqrt(np.mean(result**2)) == pytest.approx(np.sqrt(np.mean(source**2)), rel=0.1)


@pytest.mark.parametrize("factor", FACTORS)
def test_sounds_are_where_the_time_map_says(factor: float) -> None:
    starts = [0.5, 1.3, 2.2, 3.1]
    source = silence(4.0)
    for start in starts:
        source[round(start * RATE) : round(start * RATE) + RATE // 5] = tone(0.2)
    result, time_map = stretch(source, RATE, factor)
    loud = np.convolve(np.abs(result), np.ones(240) / 240, "same") > 0.05
    rises = np.nonzero(np.diff(loud.astype(int)) == 1)[0] / RATE
    for start in starts:
        # At half speed an onset may come twice; the search reaches 10 ms, the meter's own window is 10 ms long.
        assert np.abs(rises - time_map(start)).min() < 0.01 / factor + 0.006


@pytest.mark.parametrize("seconds", [0.001, 0.02, 0.1, 0.4])
@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_short_sounds_have_their_length_too(seconds: float, factor: float) -> None:
    source = noise(seconds)
    result, _ = stretch(source, RATE, factor)
    assert len(result) == round(len(source) / factor)
    assert np.isfinite(result).all()


def test_one_returns_the_samples_untouched() -> None:
    source = tone(0.5)
    result, time_map = stretch(source, RATE, 1.0)
    assert result is source
    assert time_map(0.3) == pytest.approx(0.3)
    assert len(stretch(silence(0), RATE, 2.0)[0]) == 0


def test_silence_stays_silence() -> None:
    result, _ = stretch(pieces(silence(1.0), tone(0.5)), RATE, 0.7)
    assert np.abs(result[: round(1.3 * RATE)]).max() == 0.0


@pytest.mark.parametrize("factor", [0.24, 4.01, float("nan")])
def test_factors_out_of_range_are_refused(factor: float) -> None:
    with pytest.raises(InvalidRequestError):
        stretch(tone(0.5), RATE, factor)


def test_the_pitch_meter_tells_pitches_apart() -> None:
    heard = pitches(vowel(2.0, 150.0), RATE)
    assert np.nanmedian(heard) == pytest.approx(150.0, rel=0.03)
    assert pitch_change(vowel(2.0, 150.0), vowel(2.0, 155.0), RATE, 1.0) == pytest.approx(155 / 150, rel=0.005)
