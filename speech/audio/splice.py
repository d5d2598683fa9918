"""Takes parts out of a sound so that nobody hears the joins."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from speech.audio.edges import FADE_SECONDS
from speech.audio.timeline import TimeMap
from speech.samples import Samples


def splice(samples: Samples, sample_rate: int, ranges: Sequence[tuple[int, int]]) -> tuple[Samples, TimeMap]:
    """Join parts of a sound, with a crossfade of 5 ms at each join.

    A crossfade borrows half of its length from what is cut out on either side, so that the result is exactly as
    long as its parts together. Where the sound's own start or end is cut off, the new one is faded.

    Args:
        samples: the sound, shape ``(n,)``.
        sample_rate: in Hz.
        ranges: first sample of each part and the one after its last, in order, not empty, not overlapping.

    Returns:
        the joined parts, and where moments went.
    """
    half = int(FADE_SECONDS * sample_rate) // 2
    joined = _without_empty_gaps(ranges)
    result = np.concatenate([samples[start:end] for start, end in joined]).astype(np.float32, copy=False)
    position = 0
    for (start, end), (following, stop) in pairwise(joined):
        position += end - start
        reach = min(half, following - end, (end - start) // 2, (stop - following) // 2)
        rise = _rise(2 * reach)
        left = samples[end - reach : end + reach]
        right = samples[following - reach : following + reach]
        result[position - reach : position + reach] = left * rise[::-1] + right * rise
    reach = min(2 * half, len(result) // 2)
    if joined[0][0] > 0:
        result[:reach] *= _rise(reach)
    if joined[-1][1] < len(samples):
        result[len(result) - reach :] *= _rise(reach)[::-1]
    seconds = [(start / sample_rate, end / sample_rate) for start, end in joined]
    return result, TimeMap.kept(seconds, len(samples) / sample_rate)


def _without_empty_gaps(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = [ranges[0]]
    for start, end in ranges[1:]:
        if start == joined[-1][1]:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _rise(length: int) -> Samples:
    """Half a cosine from 0 to 1; it and its mirror image add up to 1, so equal sounds cross without a dip."""
    rise: Samples = (0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / max(1, length))).astype(np.float32)
    return rise
