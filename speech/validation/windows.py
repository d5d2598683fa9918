"""Right-sized encoder windows: the audio's own length and a little silence instead of thirty seconds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from speech.samples import Samples
from speech.validation.backend import SAMPLE_RATE

MAX_FRAMES = 3000
"""Frames of 10 ms in the window for which Whisper was trained."""

MIN_FRAMES = 200
PADDING_FRAMES = 100
"""Silence behind the audio; with less, words at the end lose probability."""


def fit_window(features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Pad or cut log-mel features, shape ``(mels, frames)``, to the window that their length needs.

    The padding has the value that silence has after Whisper's normalisation: its floor, 8 bels under the
    loudest value.
    """
    frames = features.shape[1]
    wanted = min(MAX_FRAMES, max(MIN_FRAMES, frames + PADDING_FRAMES))
    wanted += wanted % 2  # the encoder halves the rate
    window = np.full((features.shape[0], wanted), features.max(initial=-1.5) - 2.0, np.float32)
    window[:, : min(frames, wanted)] = features[:, :wanted]
    return window


def to_listening_rate(samples: Samples, sample_rate: int) -> Samples:
    """Mono audio at `SAMPLE_RATE`."""
    if sample_rate == SAMPLE_RATE:
        return samples
    import soxr

    return np.asarray(soxr.resample(samples, sample_rate, SAMPLE_RATE), np.float32)
