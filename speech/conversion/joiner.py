"""Puts converted pieces together again: every piece at its own moment, each join aligned and faded over."""

from __future__ import annotations

import numpy as np

from speech.audio.crossfade import crossfade
from speech.samples import Samples


class Joiner:
    """Joins pieces that overlap; holds one overlap.

    A piece is laid at its nominal moment, shifted by at most 10 ms to meet the piece before it in phase. Shifts do
    not add up, and the whole is exactly as long as its pieces without their overlaps.

    Args:
        sample_rate: in Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._tail = np.zeros(0, np.float32)

    def join(self, samples: Samples, shared_before: int, shared_after: int) -> Samples:
        """What is finished with the next piece: all up to where the one after it begins to overlap.

        Args:
            samples: the piece with both overlaps.
            shared_before: samples that it shares with the piece before, 0 for the first.
            shared_after: samples that it shares with the one after, 0 for the last.
        """
        whole = samples
        if shared_before:
            whole = crossfade(self._tail[:shared_before], samples, self._rate)
        kept = len(whole) - shared_after
        self._tail = whole[kept:]
        return whole[:kept]
