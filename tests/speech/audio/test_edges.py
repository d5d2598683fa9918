import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.audio import edges
from speech.samples import Samples

RATE = 24_000


def tone(seconds: float, level: float = 0.5) -> Samples:
    return (level * np.sin(2 * np.pi * 440 * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def padded(before: float, sound: float, after: float) -> Samples:
    return np.concatenate([np.zeros(int(before * RATE)), tone(sound), np.zeros(int(after * RATE))]).astype(np.float32)


@pytest.mark.parametrize(("before", "sound", "after"), [(0.3, 1.0, 0.5), (0.0, 0.2, 0.0), (1.0, 0.05, 0.0)])
def test_bounds_find_the_sound(before: float, sound: float, after: float) -> None:
    start, end = edges.sound_bounds(padded(before, sound, after), RATE)
    assert start == pytest.approx(before, abs=0.011)
    assert end == pytest.approx(before + sound, abs=0.011)


def test_silence_has_no_bounds() -> None:
    assert edges.sound_bounds(np.zeros(RATE, np.float32), RATE) == (0.0, 0.0)
    assert edges.sound_bounds(np.zeros(0, np.float32), RATE) == (0.0, 0.0)


def test_cut_keeps_the_margin_and_ends_at_zero() -> None:
    result = edges.cut(padded(0.3, 1.0, 0.5), RATE, 0.3, 1.3, margin=0.05)
    assert len(result) == pytest.approx(1.1 * RATE, abs=2)
    assert abs(result[0]) < 1e-6 and abs(result[-1]) < 1e-3


@given(st.floats(-1, 3), st.floats(-1, 3))
def test_cut_never_loses_everything(start: float, end: float) -> None:
    assert len(edges.cut(tone(0.5), RATE, start, end)) > 0


@given(st.integers(0, 600))
def test_fading_has_no_step_larger_than_the_sound_itself(length: int) -> None:
    sound = np.full(length, 0.9, np.float32)
    result = edges.faded(sound, RATE)
    assert len(result) == length
    assert np.all(np.abs(result) <= 0.9)
    if length > 240:
        assert np.abs(np.diff(np.concatenate([[0], result, [0]]))).max() < 0.02


def test_fading_leaves_its_input_alone() -> None:
    sound = tone(0.1)
    before = sound.copy()
    edges.faded(sound, RATE)
    assert np.array_equal(sound, before)


@given(st.integers(0, 10_000))
def test_silence_has_the_length_asked(milliseconds: int) -> None:
    assert len(edges.silence(milliseconds, RATE)) == milliseconds * 24


def test_has_sound() -> None:
    assert edges.has_sound(tone(0.1))
    assert not edges.has_sound(np.zeros(10, np.float32))
    assert not edges.has_sound(np.zeros(0, np.float32))
