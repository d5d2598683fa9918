"""The greatest level that sound reaches between its samples, after ITU-R BS.1770-4, annex 2."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from speech.samples import Samples

CONTEXT = 16
"""Samples that are needed on either side of a part to look between its samples."""
OVERSAMPLED_RATE = 192_000
"""The standard asks for four points per sample at 48 kHz, and for as many more at lower rates."""
NEIGHBOUR_SHARE = 0.2
"""Of a peak between two samples one of the two has at least this share, up to 0.87 of the highest frequency."""

_BETA = 7.0
"""Of the Kaiser window: ripple below -70 dB, flat up to nine tenths of the highest frequency."""


def true_peaks(padded: Samples, sample_rate: int, floor: float = 0.0) -> Samples:
    """Greatest absolute value at each sample and in the gap behind it.

    Args:
        padded: a part with `CONTEXT` samples in front of it and behind it, shape ``(n + 2 * CONTEXT,)``.
        sample_rate: in Hz.
        floor: linear; peaks below it are of no interest, and gaps that can hold no other are not looked into.

    Returns:
        shape ``(n,)``, linear.
    """
    length = len(padded) - 2 * CONTEXT
    if length <= 0:
        return np.zeros(0, dtype=np.float32)
    levels = np.abs(padded[CONTEXT : CONTEXT + length + 1])
    peaks: Samples = levels[:length].copy()
    gaps = np.nonzero(np.maximum(levels[:length], levels[1:]) >= NEIGHBOUR_SHARE * floor)[0]
    views = np.lib.stride_tricks.sliding_window_view(padded, 2 * CONTEXT)[1 : length + 1]
    between = np.abs(views[gaps] @ _bank(max(2, round(OVERSAMPLED_RATE / sample_rate)))).max(axis=1)
    peaks[gaps] = np.maximum(peaks[gaps], between)
    return peaks


def _bank(phases: int) -> npt.NDArray[np.float32]:
    """Windowed sinc, shape ``(2 * CONTEXT, phases - 1)``: one column for each point between two samples."""
    places = np.arange(1, phases) / phases
    distance = np.arange(1 - CONTEXT, CONTEXT + 1)[:, np.newaxis] - places[np.newaxis, :]
    window = np.i0(_BETA * np.sqrt(np.maximum(0.0, 1 - (distance / CONTEXT) ** 2))) / np.i0(_BETA)
    bank = np.sinc(distance) * window
    normal: npt.NDArray[np.float32] = (bank / bank.sum(axis=0)).astype(np.float32)
    return normal
