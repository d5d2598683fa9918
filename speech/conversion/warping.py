"""Finds which moment of one reading corresponds to which moment of another reading of the same words."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Frames = npt.NDArray[np.float64]

_STEP_COST: Final = 0.05
"""What standing still in one of the readings costs, of at most 2; keeps the path straight where both agree."""
_SMOOTHING: Final = 5
"""Frames over which the path is smoothed."""


def warp(one: Frames, other: Frames) -> Frames:
    """For each frame of `one` its place in `other`, never going back (dynamic time warping).

    Sakoe and Chiba, "Dynamic programming algorithm optimization for spoken word recognition", IEEE Transactions
    ASSP 26, 1978.

    Args:
        one: features, shape ``(n, k)``.
        other: features, shape ``(m, k)``.

    Returns:
        places between frames, shape ``(n,)``.
    """
    costs = 1.0 - _directions(one) @ _directions(other).T
    rows, columns = _path(costs)
    sums = np.bincount(rows, columns, minlength=len(one))
    places = sums / np.maximum(np.bincount(rows, minlength=len(one)), 1)
    padded = np.pad(places, _SMOOTHING // 2, mode="edge")
    smooth: Frames = np.convolve(padded, np.full(_SMOOTHING, 1 / _SMOOTHING), "valid")
    return np.maximum.accumulate(smooth)


def _directions(frames: Frames) -> Frames:
    """Frames with equal spread in every feature, and of length 1."""
    even = (frames - frames.mean(axis=0)) / (frames.std(axis=0) + 1e-6)
    directions: Frames = even / (np.linalg.norm(even, axis=1, keepdims=True) + 1e-9)
    return directions


def _path(costs: Frames) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The cheapest way from one corner to the other, computed along the anti-diagonals."""
    n, m = costs.shape
    totals = np.full((n + 1, m + 1), np.inf)
    totals[0, 0] = 0.0
    for diagonal in range(2, n + m + 1):
        i = np.arange(max(1, diagonal - m), min(n, diagonal - 1) + 1)
        j = diagonal - i
        waiting = np.minimum(totals[i - 1, j], totals[i, j - 1]) + _STEP_COST
        totals[i, j] = costs[i - 1, j - 1] + np.minimum(totals[i - 1, j - 1], waiting)
    i, j = n, m
    path = []
    while i > 0 and j > 0:
        path.append((i - 1, j - 1))
        choices = (totals[i - 1, j - 1], totals[i - 1, j] + _STEP_COST, totals[i, j - 1] + _STEP_COST)
        best = int(np.argmin(choices))
        i, j = i - (best != 2), j - (best != 1)
    rows, columns = np.array(path[::-1], np.int64).T
    return rows, columns
