import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exceptions import InvalidRequestError
from speech.audio.edge_trim import SoundEdges, find_edges, trim_blocks
from speech.audio.edges import sound_bounds
from speech.samples import Samples
from tests.speech.audio.sounds import RATE, noise, pieces, silence, step, tone


def blocks(samples: Samples, size: int = 7000) -> list[Samples]:
    return [samples[start : start + size] for start in range(0, len(samples), size)]


def trimmed(samples: Samples, threshold_ms: int = 200) -> Samples:
    edges = find_edges(blocks(samples), RATE).trimmed(threshold_ms)
    return pieces(silence(0), *trim_blocks(blocks(samples, 5000), RATE, edges))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-60, 0), min_size=1, max_size=12), st.integers(100, 9000))
def test_finds_what_looking_at_the_whole_finds(levels: list[float], size: int) -> None:
    samples = pieces(*(noise(0.07, 0.3 * 10 ** (level / 20), seed) for seed, level in enumerate(levels)))
    edges = find_edges(blocks(samples, size), RATE)
    start, end = sound_bounds(samples, RATE)
    # Levels nearer than 0.01 dB count as one; at the very limit that may move an edge by one frame.
    assert edges.start == pytest.approx(start, abs=0.011)
    assert edges.end == pytest.approx(end, abs=0.011)
    assert edges.total == len(samples) / RATE


def test_long_silence_leaves_50_ms() -> None:
    source = pieces(silence(1.0), tone(0.5), silence(2.0))
    result = trimmed(source)
    assert len(result) / RATE == pytest.approx(0.6, abs=0.02)
    edges = find_edges(blocks(source), RATE).trimmed()
    assert edges.time_map()(1.25) == pytest.approx(0.3, abs=0.01)


def test_shorter_silence_than_the_threshold_stays() -> None:
    source = pieces(silence(0.15), tone(0.5), silence(0.19))
    assert np.array_equal(trimmed(source), source)
    assert len(trimmed(source, 100)) < len(source)


@pytest.mark.parametrize("source", [silence(3.0), silence(0.0), noise(1.0, 1e-6)])
def test_all_silent_audio_is_untouched(source: Samples) -> None:
    assert np.array_equal(trimmed(source), source)


def test_quiet_is_relative_to_the_loudest_frame_wherever_it_is() -> None:
    quiet = tone(0.5, 0.002)
    assert len(trimmed(pieces(quiet, silence(0.5), tone(0.5, 0.5)))) / RATE == pytest.approx(0.55, abs=0.02)
    assert len(trimmed(pieces(quiet, silence(0.5), tone(0.5, 0.05)))) / RATE == pytest.approx(1.5, abs=0.02)


def test_cut_ends_have_no_click() -> None:
    source = pieces(noise(1.0, 0.003), tone(0.5), noise(1.0, 0.003))
    result = trimmed(source)
    assert abs(result[0]) < 1e-3 and abs(result[-1]) < 1e-3
    assert step(result) <= step(source)


@pytest.mark.parametrize("threshold", [49, 1001])
def test_thresholds_out_of_range_are_refused(threshold: int) -> None:
    with pytest.raises(InvalidRequestError):
        SoundEdges(0.0, 1.0, 1.0).trimmed(threshold)
