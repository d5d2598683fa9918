"""Leads one sound over into another that says the same, so that nothing is heard twice, swallowed, louder or softer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from speech.samples import Samples

REACH_SECONDS = 0.01
"""How far the new sound may be shifted to meet the old one in phase: a period of a voice of 100 Hz, either way."""
_REACH_SHARE = 0.25
_LEAST_LIKENESS = 0.1
"""Below this the two sounds have nothing in common that could be aligned."""


@dataclass(frozen=True)
class Alignment:
    """How the new sound lies best against the old one.

    Attributes:
        shift: samples by which the new sound is moved, positive for later.
        likeness: correlation of the two where they cross, 0 to 1.
    """

    shift: int
    likeness: float


def align(old: Samples, new: Samples, sample_rate: int) -> Alignment:
    """Find the shift at which two renderings of the same moment are most alike.

    Args:
        old: end of the sound that fades out.
        new: beginning of the one that fades in, equally long, nominally at the same moment.
        sample_rate: in Hz.
    """
    reach = _reach(len(old), sample_rate)
    pattern = old[reach : len(old) - reach].astype(np.float64)
    region = new.astype(np.float64)
    if len(pattern) == 0:
        return Alignment(0, 0.0)
    products = np.correlate(region, pattern, "valid")
    sums = np.concatenate([[0.0], np.cumsum(region**2)])
    energy = sums[len(pattern) :] - sums[: len(products)]
    likeness = products / np.sqrt(np.maximum(energy * float(pattern @ pattern), 1e-12))
    best = int(np.argmax(likeness))
    if likeness[best] < _LEAST_LIKENESS:
        return Alignment(0, 0.0)
    return Alignment(reach - best, float(min(likeness[best], 1.0)))


def crossfade(old: Samples, new: Samples, sample_rate: int) -> Samples:
    """The new sound with its beginning faded over from the old one, at equal power throughout.

    Sine and cosine keep the power of sounds that have nothing in common; where the two are alike their sum would
    swell, and is divided by what it swells to. The fading spares both ends of the overlap by the greatest shift, so
    that both sounds are there while it lasts.

    Args:
        old: end of the sound that fades out.
        new: the sound that fades in, at least as long; its first ``len(old)`` samples are the same moment.
        sample_rate: in Hz.

    Returns:
        as many samples as `new`; at most the last 10 ms are silence where the new sound had to be moved forward.
    """
    found = align(old, new[: len(old)], sample_rate)
    reach = _reach(len(old), sample_rate)
    count = len(old) - 2 * reach
    turn = (np.arange(count) + 0.5) / max(1, count) * np.pi / 2
    falling, rising = np.cos(turn), np.sin(turn)
    swell = np.sqrt(1.0 + 2.0 * found.likeness * falling * rising)
    first = reach - found.shift
    middle = (old[reach : reach + count] * falling + new[first : first + count] * rising) / swell
    joined = np.zeros(len(new), np.float32)
    whole = np.concatenate([old[:reach], middle, new[first + count :]])[: len(new)]
    joined[: len(whole)] = whole
    return joined


def _reach(length: int, sample_rate: int) -> int:
    return min(round(REACH_SECONDS * sample_rate), int(length * _REACH_SHARE))
