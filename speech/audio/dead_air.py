"""Shortens pauses that an engine left too long inside a chunk."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from exceptions import InvalidRequestError
from speech.audio.edges import FRAME_SECONDS, QUIET_BELOW_PEAK_DB, frame_levels, has_sound
from speech.audio.splice import splice
from speech.audio.timeline import TimeMap
from speech.samples import Samples

LONGEST_SECONDS = 1.0
"""Readers pause for 0.3 to 0.8 s between sentences; a whole second inside a chunk is heard as a fault."""
KEEP_SECONDS = 0.6


def shorten_pauses(
    samples: Samples, sample_rate: int, longest: float = LONGEST_SECONDS, keep: float = KEEP_SECONDS
) -> tuple[Samples, TimeMap]:
    """Shorten silences inside speech; those at its start and end stay.

    Silence is what lies 40 dB below the loudest frame of 10 ms. Half of what is kept comes from the pause's
    beginning and half from its end, so that breaths, decay and room tone stay as they were next to the words.

    Args:
        samples: speech, shape ``(n,)``.
        sample_rate: in Hz.
        longest: seconds that a pause may have.
        keep: seconds left of a longer one, at most `longest`.

    Returns:
        the speech, crossfaded over 5 ms where a pause was shortened, and where moments went.

    Raises:
        InvalidRequestError: `keep` is negative or more than `longest`.
    """
    if not 0 <= keep <= longest:
        raise InvalidRequestError("A shortened pause must be from 0 s to the longest pause allowed.")
    ranges: list[tuple[int, int]] = []
    begin = 0
    for start, end in _pauses(samples, sample_rate):
        if end - start > longest * sample_rate:
            left = round(keep * sample_rate / 2)
            ranges.append((begin, start + left))
            begin = max(start + left + 1, end - left)
    if not ranges:
        return samples, TimeMap.identity(len(samples) / sample_rate)
    return splice(samples, sample_rate, [*ranges, (begin, len(samples))])


def _pauses(samples: Samples, sample_rate: int) -> list[tuple[int, int]]:
    """First sample and the one after the last of every silence between two sounds."""
    if not has_sound(samples):
        return []
    levels = frame_levels(samples, sample_rate)
    loud = np.nonzero(levels > levels.max() * 10 ** (-QUIET_BELOW_PEAK_DB / 20))[0]
    frame = max(1, int(FRAME_SECONDS * sample_rate))
    return [(int(a + 1) * frame, int(b) * frame) for a, b in pairwise(loud) if b > a + 1]
