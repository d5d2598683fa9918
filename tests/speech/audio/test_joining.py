"""Every part lies where the plan says, and the result is as long as its parts, pauses and crossfades make it."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.audio.joining import LengthError, Part, Silence, Sound, join, plan_spans
from speech.samples import Samples

PARTS = st.lists(
    st.one_of(st.builds(Sound, st.integers(1, 400)), st.builds(Silence, st.integers(1, 400))), min_size=1, max_size=12
)
PAUSES = st.lists(st.integers(0, 100), min_size=12, max_size=12)


def sound(index: int, length: int) -> Samples:
    return np.random.default_rng(index).uniform(0.1, 1.0, length).astype(np.float32)


def blocks(samples: Samples, size: int) -> Iterator[Samples]:
    for start in range(0, len(samples), size):
        yield samples[start : start + size]


@given(parts=PARTS, crossfade=st.integers(0, 300), pauses=PAUSES, size=st.integers(1, 500))
def test_the_sum_of_the_parts_is_the_length(parts: list[Part], crossfade: int, pauses: list[int], size: int) -> None:
    spans = plan_spans(parts, crossfade, iter(pauses).__next__)
    made = [span for span in spans if span.kind == "pause"]
    total = sum(part.length for part in parts) + sum(span.length for span in made) - sum(s.crossfade for s in spans)
    assert spans[-1].end == total

    played = list(join(spans, lambda index: blocks(sound(index, parts[index].length), size)))
    result = np.concatenate(played)

    assert len(result) == total
    for place, span in enumerate(spans):
        following = spans[place + 1].crossfade if place + 1 < len(spans) else 0
        inside = result[span.start + span.crossfade : span.end - following]
        if span.kind == "audio":
            alone = sound(span.part, span.length)[span.crossfade : span.length - following]
            assert np.array_equal(inside, alone)
        else:
            assert not inside.any()


@given(parts=PARTS, crossfade=st.integers(0, 300), pauses=PAUSES)
def test_parts_follow_each_other_and_crossfades_are_clipped(
    parts: list[Part], crossfade: int, pauses: list[int]
) -> None:
    spans = plan_spans(parts, crossfade, iter(pauses).__next__)

    assert [span.part for span in spans if span.kind != "pause"] == list(range(len(parts)))
    assert spans[0].start == 0
    for before, span in pairwise(spans):
        assert span.start == before.end - span.crossfade
        both_sound = before.kind == span.kind == "audio"
        longest = min(crossfade, before.length // 2, span.length // 2) if both_sound else 0
        assert span.crossfade == longest


def test_a_pause_is_drawn_only_between_two_sounds() -> None:
    parts = [Silence(5), Sound(10), Sound(10), Silence(5), Silence(5), Sound(10), Sound(10)]
    pauses = iter([7, 8])
    spans = plan_spans(parts, 4, pauses.__next__)
    kinds = ["silence", "audio", "pause", "audio", "silence", "silence", "audio", "pause", "audio"]
    assert [span.kind for span in spans] == kinds
    assert [span.length for span in spans if span.kind == "pause"] == [7, 8]
    assert next(pauses, None) is None


def test_sounds_that_cross_keep_their_loudness() -> None:
    rng = np.random.default_rng(3)
    noises = [rng.standard_normal(60_000).astype(np.float32) for _ in range(2)]
    spans = plan_spans([Sound(60_000), Sound(60_000)], 20_000, lambda: 0)
    result = np.concatenate(list(join(spans, lambda index: blocks(noises[index], 1000))))
    crossed = result[spans[1].start : spans[0].end].reshape(20, -1)
    levels = np.sqrt(np.mean(crossed**2, axis=1))
    assert len(result) == 100_000
    assert levels == pytest.approx(np.ones(20), abs=0.06)


@pytest.mark.parametrize("length", [99, 101])
def test_a_sound_that_is_not_as_long_as_planned_is_noticed(length: int) -> None:
    spans = plan_spans([Sound(100), Sound(100)], 10, lambda: 0)
    lengths = [100, length]
    with pytest.raises(LengthError) as caught:
        list(join(spans, lambda index: blocks(sound(index, lengths[index]), 30)))
    assert caught.value.part == 1
