"""Where the sound of a take begins and ends, and cutting it there without a click."""

from __future__ import annotations

import numpy as np

from speech.samples import Samples

FRAME_SECONDS = 0.01
QUIET_BELOW_PEAK_DB = 40.0
"""Frames this far below the loudest frame count as silence; the seed's own trim rule uses the same figure."""
FADE_SECONDS = 0.005
"""Long enough that a cut at any phase has no audible click, short against the shortest consonant (20 ms)."""


def frame_levels(samples: Samples, sample_rate: int) -> Samples:
    """Root mean square of each 10 ms frame, shape ``(ceil(n / frame),)``; the last frame may be shorter."""
    frame = max(1, int(FRAME_SECONDS * sample_rate))
    count = -(-len(samples) // frame)
    padded = np.zeros(count * frame, dtype=np.float64)
    padded[: len(samples)] = samples
    levels: Samples = np.sqrt(np.mean(padded.reshape(count, frame) ** 2, axis=1)).astype(np.float32)
    return levels


def has_sound(samples: Samples) -> bool:
    """Whether anything is louder than -80 dB of full scale, below which 16-bit audio is all but zeros."""
    return len(samples) > 0 and float(np.abs(samples).max()) > 1e-4


def sound_bounds(samples: Samples, sample_rate: int) -> tuple[float, float]:
    """First and last moment (seconds) louder than 40 dB below the take's loudest frame; ``(0, 0)`` for silence."""
    levels = frame_levels(samples, sample_rate)
    if len(levels) == 0 or levels.max() <= 1e-5:
        return 0.0, 0.0
    loud = np.nonzero(levels > levels.max() * 10 ** (-QUIET_BELOW_PEAK_DB / 20))[0]
    frame = max(1, int(FRAME_SECONDS * sample_rate)) / sample_rate
    return float(loud[0] * frame), min(float((loud[-1] + 1) * frame), len(samples) / sample_rate)


def cut(samples: Samples, sample_rate: int, start: float, end: float, margin: float = 0.04) -> Samples:
    """The part from `start` to `end` seconds plus `margin` on both sides, faded in and out over 5 ms.

    The bounds are clipped to the take; the result is never empty unless the take is.
    """
    first = max(0, int((start - margin) * sample_rate))
    last = min(len(samples), int((end + margin) * sample_rate))
    if last <= first:
        first, last = 0, len(samples)
    return faded(samples[first:last], sample_rate)


def faded(samples: Samples, sample_rate: int) -> Samples:
    """A copy that starts and ends at zero, over 5 ms or half of the length if that is shorter."""
    fade = min(int(FADE_SECONDS * sample_rate), len(samples) // 2)
    result = np.array(samples, dtype=np.float32, copy=True)
    if fade:
        ramp = (0.5 - 0.5 * np.cos(np.pi * np.arange(fade) / fade)).astype(np.float32)
        result[:fade] *= ramp
        result[-fade:] *= ramp[::-1]
    return result


def silence(milliseconds: int, sample_rate: int) -> Samples:
    """Digital silence of the given length."""
    return np.zeros(round(milliseconds * sample_rate / 1000), dtype=np.float32)
