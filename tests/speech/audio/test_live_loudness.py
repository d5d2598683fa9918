from itertools import pairwise

import numpy as np
import pytest

from speech.audio.live_loudness import MOST_CHANGE_DB, level_chunks
from speech.audio.loudness import LoudnessTarget
from speech.audio.loudness_meter import measure
from speech.samples import Samples
from tests.speech.audio.meters import pyloudnorm_loudness
from tests.speech.audio.sounds import RATE, pieces, silence, tone, vowel

CHUNKS = [
    pieces(vowel(seconds, 120.0 + 3 * number, level), silence(0.25))
    for number, (seconds, level) in enumerate([(1.5, 0.1), (3.0, 0.12), (2.0, 0.09), (4.0, 0.11)])
]


def leveled(chunks: list[Samples], target: LoudnessTarget) -> list[Samples]:
    return list(level_chunks(iter(chunks), RATE, target))


@pytest.mark.parametrize("wanted", [-24.0, -16.0, -35.0])
def test_the_whole_lands_near_the_target_by_another_meter(wanted: float) -> None:
    whole = pieces(*leveled(CHUNKS, LoudnessTarget(integrated=wanted)))
    assert pyloudnorm_loudness(whole, RATE) == pytest.approx(wanted, abs=1)


def test_the_first_chunk_is_on_the_target_before_the_others_exist() -> None:
    source = iter(CHUNKS)
    first = next(level_chunks(source, RATE, LoudnessTarget()))
    assert measure([first], RATE).integrated == pytest.approx(-24, abs=0.3)
    assert len(list(source)) == len(CHUNKS) - 1


def test_volume_moves_only_a_little_from_chunk_to_chunk() -> None:
    loud = [CHUNKS[0], 8 * CHUNKS[1], CHUNKS[2], CHUNKS[3]]
    target = LoudnessTarget(integrated=-40.0)
    gains = [
        20 * np.log10(np.abs(after).max() / np.abs(before).max())
        for after, before in zip(leveled(loud, target), loud, strict=True)
    ]
    assert all(abs(after - before) <= MOST_CHANGE_DB + 0.01 for before, after in pairwise(gains))
    assert gains[1] < gains[0]


@pytest.mark.parametrize("method", ["ebu", "peak"])
def test_peaks_stay_below_the_ceiling(method: str) -> None:
    chunks = [*CHUNKS, pieces(CHUNKS[0], tone(0.05, 0.9))]
    target = LoudnessTarget(method, integrated=-10.0, true_peak=-3.0)
    assert all(measure([chunk], RATE).true_peak <= -3.0 for chunk in leveled(chunks, target))


def test_silence_stays_silence_and_lengths_stay() -> None:
    chunks = [silence(1.0), CHUNKS[0], silence(0.5)]
    after = leveled(chunks, LoudnessTarget())
    assert [len(chunk) for chunk in after] == [len(chunk) for chunk in chunks]
    assert not after[0].any() and not after[2].any()
