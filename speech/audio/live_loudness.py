"""Brings a stream to a loudness while its end is still unknown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from speech.audio.limiter import limit
from speech.audio.loudness import MOST_LOST_LU, PEAK_RESERVE_DB, LoudnessTarget
from speech.audio.loudness_meter import SILENT, measure
from speech.samples import Samples

MOST_CHANGE_DB = 1.0
"""From one chunk to the next: less than what a listener hears as another volume."""


def level_chunks(chunks: Iterable[Samples], sample_rate: int, target: LoudnessTarget) -> Iterator[Samples]:
    """Give every chunk the gain that brings the stream so far to the target, and keep its peaks below the ceiling.

    The first chunk sets the gain. Later ones move it towards what all of them together ask for, by at most
    `MOST_CHANGE_DB` each and only between two chunks, so nothing is heard to swell or sink. The loudness range
    stays as it is.

    Args:
        chunks: whole chunks, at least 0.1 s of sound each; silence passes through.
        sample_rate: in Hz.
        target: what to reach.
    """
    heard = _Heard(sample_rate)
    gain_db: float | None = None
    for chunk in chunks:
        wanted = heard.gain_db(chunk, target)
        if wanted is not None:
            gain_db = (
                wanted
                if gain_db is None
                else float(np.clip(wanted, gain_db - MOST_CHANGE_DB, gain_db + MOST_CHANGE_DB))
            )
        amplified = chunk * np.float32(10 ** ((gain_db or 0.0) / 20))
        yield np.concatenate([*limit([amplified], sample_rate, target.true_peak - PEAK_RESERVE_DB)])


class _Heard:
    """What the chunks so far add up to."""

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._energy = 0.0
        self._seconds = 0.0
        self._peak = SILENT

    def gain_db(self, chunk: Samples, target: LoudnessTarget) -> float | None:
        """The even gain for all chunks with this one; ``None`` for a silent chunk."""
        level = measure([chunk], self._rate)
        if SILENT in (level.integrated, level.true_peak):
            return None
        self._energy += level.seconds * 10 ** (level.integrated / 10)
        self._seconds += level.seconds
        self._peak = max(self._peak, level.true_peak)
        to_ceiling = target.true_peak - PEAK_RESERVE_DB - self._peak
        if target.method == "peak":
            return to_ceiling
        wanted = target.integrated - 10 * float(np.log10(self._energy / self._seconds))
        return min(wanted, to_ceiling + MOST_LOST_LU)
