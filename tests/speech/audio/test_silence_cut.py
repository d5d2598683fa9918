import numpy as np
import pytest

from exceptions import InvalidRequestError
from speech.audio.silence_cut import cut_silence
from speech.samples import Samples
from tests.speech.audio.sounds import RATE, noise, pieces, step, tone

FRAME = 1 / 30


def sentence() -> Samples:
    """Half a second of sound, two seconds of room tone, half a second of sound, one of room tone."""
    return pieces(tone(0.5), noise(2.0, 0.002), tone(0.5), noise(1.0, 0.002))


def test_silence_is_cut_down_to_the_margins() -> None:
    result, time_map = cut_silence(sentence(), RATE, margin=0.2)
    assert len(result) / RATE == pytest.approx(0.5 + 0.2 + 0.2 + 0.5 + 0.2, abs=3 * FRAME)
    assert time_map(0.25) == pytest.approx(0.25)
    assert time_map(2.75) == pytest.approx(1.15, abs=2 * FRAME)
    assert time_map.seconds == pytest.approx(len(result) / RATE)


def test_time_map_follows_the_sound() -> None:
    source = sentence()
    result, time_map = cut_silence(source, RATE)
    for moment in (0.1, 0.3, 2.6, 2.9):
        place, target = round(moment * RATE), round(time_map(moment) * RATE)
        assert np.array_equal(result[target : target + 200], source[place : place + 200])


@pytest.mark.parametrize("margin", [0.0, 0.1, 0.5])
def test_joins_have_no_click(margin: float) -> None:
    source = pieces(tone(0.5), noise(2.0, 0.012), tone(0.52), noise(1.0, 0.012), tone(0.3))
    result, _ = cut_silence(source, RATE, margin=margin)
    assert len(result) < len(source)
    assert step(result) <= step(source)


def test_short_silences_stay() -> None:
    source = pieces(tone(0.5), noise(0.15, 0.002), tone(0.5))
    result, time_map = cut_silence(source, RATE, margin=0.0)
    assert result is source
    assert time_map(0.7) == pytest.approx(0.7)


def test_a_click_is_no_sound() -> None:
    source = pieces(tone(0.5), noise(2.0, 0.002), tone(0.05), noise(2.0, 0.002), tone(0.5))
    result, _ = cut_silence(source, RATE, margin=0.1)
    assert len(result) / RATE == pytest.approx(0.5 + 0.1 + 0.1 + 0.5, abs=3 * FRAME)


@pytest.mark.parametrize("source", [noise(2.0, 0.01), np.zeros(RATE, np.float32), np.zeros(0, np.float32), tone(0.05)])
def test_where_nothing_is_loud_everything_stays(source: Samples) -> None:
    result, time_map = cut_silence(source, RATE)
    assert result is source
    assert time_map.seconds == pytest.approx(len(source) / RATE)


def test_threshold_is_of_full_scale() -> None:
    source = pieces(tone(0.5, 0.5), tone(1.0, 0.05), tone(0.5, 0.5))
    assert len(cut_silence(source, RATE, threshold=0.06, margin=0.0)[0]) < len(source)
    assert len(cut_silence(source, RATE, threshold=0.04, margin=0.0)[0]) == len(source)


def test_odd_rates_and_lengths() -> None:
    source = pieces(tone(0.5), noise(1.0, 0.002), tone(0.5))[:-13]
    result, time_map = cut_silence(source, 22_050, margin=0.1)
    assert 0 < len(result) < len(source)
    assert time_map.seconds == pytest.approx(len(result) / 22_050)


@pytest.mark.parametrize(("threshold", "margin"), [(-0.1, 0.2), (1.1, 0.2), (0.06, -0.1), (0.06, 2.1)])
def test_values_out_of_range_are_refused(threshold: float, margin: float) -> None:
    with pytest.raises(InvalidRequestError):
        cut_silence(tone(1.0), RATE, threshold, margin)
