import numpy as np
import pytest

from speech.audio.crossfade import align, crossfade
from speech.samples import Samples

RATE = 24_000


def tone(seconds: float, pitch: float = 150.0, phase: float = 0.0) -> Samples:
    clock = np.arange(int(seconds * RATE)) / RATE
    return (0.3 * np.sin(2 * np.pi * pitch * clock + phase)).astype(np.float32)


def noise(seconds: float, seed: int) -> Samples:
    return (0.1 * np.random.default_rng(seed).standard_normal(int(seconds * RATE))).astype(np.float32)


def level(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))


@pytest.mark.parametrize("late", [-200, -37, 0, 5, 180])
def test_a_shifted_copy_is_found(late: int) -> None:
    sound = noise(0.4, 1)
    old = sound[1000:3400]
    new = sound[1000 + late : 3400 + late]
    found = align(old, new, RATE)
    assert found.shift == late
    assert found.likeness > 0.95


def test_sounds_without_likeness_stay_where_they_are() -> None:
    found = align(tone(0.1, 300.0), np.zeros(2400, np.float32), RATE)
    assert (found.shift, found.likeness) == (0, 0.0)


@pytest.mark.parametrize("phase", np.linspace(0.0, 2 * np.pi, 7))
def test_voices_out_of_phase_meet_without_click_or_dip(phase: float) -> None:
    joined = crossfade(tone(0.1), tone(0.5, phase=phase), RATE)
    assert len(joined) == int(0.5 * RATE)
    body = joined[: -RATE // 50]
    assert np.abs(np.diff(body)).max() <= 1.05 * np.abs(np.diff(tone(0.5))).max()
    levels = [level(part) for part in np.split(body[: 480 * 24], 24)]  # over whole periods, 20 ms are three
    assert min(levels) > 0.95 * level(tone(0.5)) and max(levels) < 1.05 * level(tone(0.5))


def test_power_stays_where_nothing_is_alike() -> None:
    old, new = noise(0.4, 1), noise(0.8, 2)
    joined = crossfade(old, new, RATE)
    for part in np.split(joined[: int(0.4 * RATE)], 4):
        assert level(part) == pytest.approx(0.1, rel=0.1)


def test_beginning_and_end_are_those_of_the_two() -> None:
    old, new = noise(0.1, 1), noise(0.3, 2)
    joined = crossfade(old, new, RATE)
    assert np.array_equal(joined[:200], old[:200])
    shift = align(old, new[: len(old)], RATE).shift
    assert np.array_equal(joined[3000:4000], new[3000 - shift : 4000 - shift])
