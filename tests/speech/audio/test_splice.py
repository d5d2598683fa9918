import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.audio.splice import splice
from tests.speech.audio.sounds import RATE, noise

SOUND = noise(0.2)


@given(st.lists(st.integers(0, len(SOUND)), min_size=2, max_size=10, unique=True))
def test_the_parts_are_as_long_as_before(bounds: list[int]) -> None:
    bounds.sort()
    ranges = list(zip(bounds[::2], bounds[1::2], strict=False))
    result, time_map = splice(SOUND, RATE, ranges)
    assert len(result) == sum(end - start for start, end in ranges)
    assert time_map.seconds == pytest.approx(len(result) / RATE)
    assert np.abs(result).max() <= 1.01 * np.abs(SOUND).max()


def test_parts_that_touch_are_not_faded() -> None:
    result, _ = splice(SOUND, RATE, [(0, 100), (100, 3000), (3000, len(SOUND))])
    assert np.array_equal(result, SOUND)


def test_cut_ends_are_faded() -> None:
    result, _ = splice(np.ones(RATE, np.float32), RATE, [(1000, 20_000)])
    assert result[0] < 0.001 and result[-1] < 0.001
    assert result[120] == result[-121] == 1.0
