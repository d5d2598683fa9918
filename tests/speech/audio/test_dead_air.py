import numpy as np
import pytest

from exceptions import InvalidRequestError
from speech.audio.dead_air import shorten_pauses
from speech.samples import Samples
from tests.speech.audio.sounds import RATE, noise, pieces, silence, step, tone


def test_long_pauses_are_shortened_and_short_ones_stay() -> None:
    source = pieces(tone(0.5), noise(2.0, 0.001), tone(0.5), noise(0.9, 0.001), tone(0.5))
    result, time_map = shorten_pauses(source, RATE)
    assert len(result) / RATE == pytest.approx(0.5 + 0.6 + 0.5 + 0.9 + 0.5, abs=0.03)
    assert time_map(0.25) == pytest.approx(0.25)
    assert time_map(2.75) == pytest.approx(1.35, abs=0.03)
    assert time_map.seconds == pytest.approx(len(result) / RATE)


def test_edges_stay() -> None:
    source = pieces(noise(2.0, 0.001), tone(0.5), noise(3.0, 0.001))
    assert shorten_pauses(source, RATE)[0] is source


def test_joins_have_no_click_and_keep_the_room_tone() -> None:
    source = pieces(tone(0.5), noise(3.0, 0.004), tone(0.5))
    result, _ = shorten_pauses(source, RATE)
    assert step(result) <= step(source)
    room = result[round(0.6 * RATE) : round(1.0 * RATE)]
    assert np.sqrt(np.mean(room**2)) == pytest.approx(0.004, rel=0.1)


@pytest.mark.parametrize("source", [silence(3.0), silence(0.0), tone(0.3)])
def test_without_a_pause_nothing_happens(source: Samples) -> None:
    result, time_map = shorten_pauses(source, RATE)
    assert result is source
    assert time_map.seconds == pytest.approx(len(source) / RATE)


def test_a_pause_can_be_taken_out_whole() -> None:
    result, _ = shorten_pauses(pieces(tone(0.5), silence(2.0), tone(0.5)), RATE, longest=0.2, keep=0.0)
    assert len(result) / RATE == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize(("longest", "keep"), [(1.0, 1.1), (1.0, -0.1)])
def test_values_out_of_range_are_refused(longest: float, keep: float) -> None:
    with pytest.raises(InvalidRequestError):
        shorten_pauses(tone(0.5), RATE, longest, keep)
