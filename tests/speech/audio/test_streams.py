"""Steps on whole results hold only what is on its way through them."""

import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from speech.audio.edge_trim import SoundEdges, find_edges, trim_blocks
from speech.audio.gain_rider import GainRider
from speech.audio.limiter import limit
from speech.audio.loudness_meter import measure
from speech.samples import Samples
from tests.speech.audio.sounds import RATE, vowel

BLOCK = vowel(1.0, 120.0, 0.3)


def long_stream(seconds: int) -> Iterator[Samples]:
    return (BLOCK.copy() for _ in range(seconds))


def drained(blocks: Iterator[Samples]) -> int:
    return sum(len(block) for block in blocks)


STEPS: dict[str, Callable[[int], object]] = {
    "edges": lambda seconds: find_edges(long_stream(seconds), RATE),
    "trim": lambda seconds: drained(trim_blocks(long_stream(seconds), RATE, SoundEdges(1.0, 5.0, float(seconds)))),
    "meter": lambda seconds: measure(long_stream(seconds), RATE),
    "limiter": lambda seconds: drained(limit(long_stream(seconds), RATE, -6.0)),
    "rider": lambda seconds: drained(GainRider(-20.0, 0.5).ride(long_stream(seconds), RATE)),
}


def memory(step: Callable[[int], object], seconds: int) -> int:
    step(1)  # imports and caches of numpy
    tracemalloc.start()
    try:
        step(seconds)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", STEPS)
def test_memory_does_not_grow_with_the_stream(name: str) -> None:
    assert memory(STEPS[name], 90) < memory(STEPS[name], 30) + 1_000_000
