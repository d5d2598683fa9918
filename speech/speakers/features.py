"""What the speaker encoder hears: mel frames of the speech in a recording, as Resemblyzer computes them."""

from __future__ import annotations

import functools
from typing import Final

import numpy as np
import numpy.typing as npt

from speech.samples import Samples

SAMPLE_RATE: Final = 16_000
FRAMES_PER_SECOND: Final = 100

_FFT: Final = 400
_HOP: Final = SAMPLE_RATE // FRAMES_PER_SECOND
MELS: Final = 40
_LEAST_RMS: Final = 10 ** (-30 / 20)
"""Quieter recordings are raised to it."""

_GATE_FRAME: Final = 480
_GATE_SHARE: Final = 0.03
_GATE_FLOOR: Final = 1e-4
_GATE_REACH: Final = 9
"""Frames of 30 ms below 3 % of the loudest one are silence, unless one of four neighbours on either side is not."""


def speech_only(samples: Samples, sample_rate: int) -> Samples:
    """The recording at `SAMPLE_RATE` without its silences; empty where there is no sound."""
    sound = _resampled(samples, sample_rate)
    count = len(sound) // _GATE_FRAME
    frames = sound[: count * _GATE_FRAME].reshape(count, _GATE_FRAME)
    levels = np.sqrt(np.mean(frames.astype(np.float64) ** 2, axis=1))
    if count == 0 or levels.max() <= _GATE_FLOOR:
        return np.zeros(0, np.float32)
    rms = float(np.sqrt(np.mean(levels**2)))
    loud = levels > max(levels.max() * _GATE_SHARE, _GATE_FLOOR)
    kept = np.convolve(loud, np.ones(_GATE_REACH), "same") > 0.5
    speech: Samples = frames[kept].ravel() * np.float32(max(1.0, _LEAST_RMS / rms))
    return speech


def mel_frames(samples: Samples) -> Samples:
    """Power in 40 mel bands every 10 ms, shape ``(frames, 40)``, of samples at `SAMPLE_RATE`."""
    padded = np.pad(samples, _FFT // 2)
    count = 1 + (len(padded) - _FFT) // _HOP
    cut = np.lib.stride_tricks.sliding_window_view(padded, _FFT)[::_HOP][:count]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_FFT) / _FFT)
    power = np.abs(np.fft.rfft(cut * window.astype(np.float32), axis=1)) ** 2
    frames: Samples = (power @ _mel_bands().T).astype(np.float32)
    return frames


def _resampled(samples: Samples, sample_rate: int) -> Samples:
    if sample_rate == SAMPLE_RATE:
        return samples
    import soxr

    return np.asarray(soxr.resample(samples, sample_rate, SAMPLE_RATE), np.float32)


@functools.lru_cache(maxsize=1)
def _mel_bands() -> npt.NDArray[np.float64]:
    """Triangular bands on Slaney's mel scale with equal area, shape ``(40, 201)``."""
    edges = _to_hertz(np.linspace(0.0, _to_mel(SAMPLE_RATE / 2), MELS + 2))
    bins = np.linspace(0, SAMPLE_RATE / 2, _FFT // 2 + 1)
    rising = (bins[None] - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins[None]) / np.diff(edges)[1:, None]
    area = (2.0 / (edges[2:] - edges[:-2]))[:, None]
    bands: npt.NDArray[np.float64] = np.maximum(0.0, np.minimum(rising, falling)) * area
    return bands


_LINEAR_HERTZ: Final = 200.0 / 3.0
_BREAK_HERTZ: Final = 1000.0
_BREAK_MEL: Final = _BREAK_HERTZ / _LINEAR_HERTZ
_LOG_STEP: Final = float(np.log(6.4)) / 27.0
"""Slaney's scale: linear to 1 kHz, then 27 steps to 6.4 kHz."""


def _to_mel(hertz: float) -> float:
    if hertz < _BREAK_HERTZ:
        return hertz / _LINEAR_HERTZ
    return _BREAK_MEL + float(np.log(hertz / _BREAK_HERTZ)) / _LOG_STEP


def _to_hertz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(mel < _BREAK_MEL, mel * _LINEAR_HERTZ, _BREAK_HERTZ * np.exp(_LOG_STEP * (mel - _BREAK_MEL)))
