"""The level curve and the true end of the last word."""

import numpy as np
import pytest

from speech.samples import Samples
from speech.validation.backend import SAMPLE_RATE
from speech.validation.energy import ending_fall, loudness, refine_end, refine_start, runs


def seconds(length: float, level: float = 0.0, seed: int = 1) -> Samples:
    noise = np.random.default_rng(seed).standard_normal(int(length * SAMPLE_RATE))
    return (noise * level).astype(np.float32)


def join(*parts: Samples) -> Samples:
    return np.concatenate(parts)


WORD = seconds(0.5, 0.1)


def test_runs() -> None:
    assert runs(np.array([True, True, False, True])) == [(0, 2), (3, 4)]
    assert runs(np.array([], bool)) == []


def test_active_seconds_and_silences() -> None:
    loud = loudness(join(seconds(0.3), WORD, seconds(0.2), WORD, seconds(0.5)))

    assert loud.active_seconds(0, 2) == pytest.approx(1.0, abs=0.05)
    assert loud.longest_silence(0.3, 1.5) == pytest.approx(0.2, abs=0.05)


@pytest.mark.parametrize("aligned", [0.7, 0.8, 0.95])
def test_end_is_where_the_sound_ends_wherever_the_alignment_is(aligned: float) -> None:
    loud = loudness(join(seconds(0.3), WORD, seconds(0.7)))

    assert refine_end(loud, 0.35, aligned) == pytest.approx(0.8, abs=0.04)


def test_a_decaying_consonant_is_kept() -> None:
    decay = WORD * np.geomspace(1, 0.02, WORD.size).astype(np.float32)
    loud = loudness(join(WORD, decay, seconds(0.5)))

    assert refine_end(loud, 0.1, 0.6) == pytest.approx(1.0, abs=0.06)


def test_the_release_of_a_final_stop_is_kept() -> None:
    loud = loudness(join(WORD, seconds(0.1), seconds(0.04, 0.03), seconds(0.5)))

    assert refine_end(loud, 0.1, 0.5) == pytest.approx(0.64, abs=0.04)


def test_a_tail_behind_a_silence_is_left_out() -> None:
    loud = loudness(join(WORD, seconds(0.15), seconds(0.6, 0.05)))

    end = refine_end(loud, 0.1, 0.5)

    assert end == pytest.approx(0.5, abs=0.04)
    assert loud.active_seconds(end, 1.25) == pytest.approx(0.6, abs=0.06)


def test_background_noise_is_no_sound() -> None:
    loud = loudness(join(seconds(0.5, 0.004), WORD, seconds(0.5, 0.004)) + seconds(1.5, 0.002, seed=2))

    assert refine_start(loud, 0.0, 0.9) == pytest.approx(0.5, abs=0.05)
    assert refine_end(loud, 0.5, 0.9) == pytest.approx(1.0, abs=0.05)


def test_silence_has_no_sound() -> None:
    assert not loudness(seconds(1.0)).active.any()
    assert not loudness(np.zeros(0, np.float32)).active.any()


@pytest.mark.parametrize("behind", [0.0, 0.2])
def test_sound_that_is_cut_off_falls_at_once(behind: float) -> None:
    assert ending_fall(join(seconds(0.3), WORD, seconds(behind))) > 40


def test_sound_that_fades_does_not_fall() -> None:
    fading = WORD * np.geomspace(1, 0.003, WORD.size).astype(np.float32)

    assert ending_fall(join(WORD, fading, seconds(0.3, 0.0001))) < 20


def test_a_short_click_has_no_ending() -> None:
    assert ending_fall(seconds(0.003, 0.1)) == 0.0
