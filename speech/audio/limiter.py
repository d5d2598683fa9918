"""Keeps the true peaks of a stream below a ceiling, looking ahead, without a change of length or position."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from speech.audio.blocks import windows
from speech.audio.true_peak import CONTEXT, true_peaks
from speech.samples import Samples

CELLS_PER_SECOND = 1000
LOOK_CELLS = 10
"""Milliseconds to either side that share the lowest gain. Together the period of a voice of 50 Hz, so that the gain
does not follow single periods, which is heard as roughness."""
_CELLS_AT_A_TIME = 1000


def limit(blocks: Iterable[Samples], sample_rate: int, ceiling_db: float) -> Iterator[Samples]:
    """Lower the gain smoothly around true peaks above the ceiling.

    The gain that each millisecond needs is first spread to its surroundings (the least of 10 ms to either side),
    then averaged over as long with a Hann window: an average of values that are all low enough is low enough.

    Args:
        blocks: the stream, in blocks of any lengths.
        sample_rate: in Hz.
        ceiling_db: in dBTP.

    Yields:
        blocks of other lengths; together as many samples as came in.
    """
    ceiling = 10 ** (ceiling_db / 20)
    cell = max(1, round(sample_rate / CELLS_PER_SECOND))
    # Two cells more than the gain's reach: the gain is drawn through cell middles, and a gap may cross a border.
    reach = 2 * LOOK_CELLS + 2
    context = reach * cell + CONTEXT
    for part in windows(blocks, _CELLS_AT_A_TIME * cell, context, context):
        sound = part[context : len(part) - context]
        peaks = true_peaks(part, sample_rate, ceiling)
        if peaks.max() > ceiling:
            sound = sound * _gain(peaks, ceiling, cell)[reach * cell : reach * cell + len(sound)]
        yield sound


def _gain(peaks: Samples, ceiling: float, cell: int) -> Samples:
    """Gain of each sample, shape as `peaks`, never above ``ceiling / peak`` of its own cell and the next ones."""
    count = -(-len(peaks) // cell)
    padded = np.zeros(count * cell, dtype=np.float32)
    padded[: len(peaks)] = peaks
    highest = padded.reshape(count, cell).max(axis=1)
    needed = np.minimum(1.0, ceiling / np.maximum(highest, 1e-9))
    # One cell more to either side than the average reaches, since gains between two cells are drawn from both.
    wide = np.pad(needed, 2 * LOOK_CELLS + 1, constant_values=1.0)
    spread = np.lib.stride_tricks.sliding_window_view(wide, 2 * LOOK_CELLS + 3).min(axis=1)
    weights = np.hanning(2 * LOOK_CELLS + 1)
    smooth = np.convolve(spread, weights / weights.sum(), mode="valid")
    middles = (np.arange(count) + 0.5) * cell
    gain: Samples = np.interp(np.arange(len(peaks)) + 0.5, middles, smooth).astype(np.float32)
    return gain
