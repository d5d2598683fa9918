"""Makes a sound higher or lower at the same length: resampled, then stretched back."""

from __future__ import annotations

import numpy as np

from exceptions import InvalidRequestError
from speech.audio.stretch import stretch
from speech.samples import Samples

MOST_SEMITONES = 12.0
"""Either way; an octave is as far as the stretching reaches."""


def shift_pitch(samples: Samples, sample_rate: int, semitones: float) -> Samples:
    """Move every frequency, the formants too, so that large shifts change the apparent size of the speaker.

    Args:
        samples: mono, shape ``(n,)``.
        sample_rate: in Hz.
        semitones: -12 to 12; exactly 0 returns the samples untouched.

    Returns:
        exactly `n` samples.

    Raises:
        InvalidRequestError: out of range.
    """
    if not abs(semitones) <= MOST_SEMITONES:
        raise InvalidRequestError(
            f"The pitch can be shifted by {MOST_SEMITONES:g} semitones at most.", field="pitch_shift"
        )
    if semitones == 0.0 or len(samples) == 0:
        return samples
    import soxr

    ratio = 2.0 ** (semitones / 12.0)
    faster = np.asarray(soxr.resample(samples, ratio, 1.0), np.float32)
    slowed, _ = stretch(faster, sample_rate, 1.0 / ratio)
    shifted = np.zeros_like(samples)
    shifted[: len(slowed)] = slowed[: len(samples)]
    return shifted
