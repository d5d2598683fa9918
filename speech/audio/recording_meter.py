"""Measures a recording as a reference for cloning: level, clipping, noise, silence, bandwidth, in one pass."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from speech.samples import Samples

FRAME_SECONDS: Final = 0.02
SPEECH_BELOW_PEAK_DB: Final = 30.0
"""Frames within this distance of the loud ones count as speech, if they stand out from the noise at all."""
SILENT_DB: Final = -100.0
"""Level that digital silence is given."""

_CLIPPED: Final = 0.99
_CLIPPED_RUN: Final = 3
_QUIET_SHARE: Final = 0.1
_LOUD_SHARE: Final = 0.95
_SPECTRUM: Final = 1024
_BAND_DROP_DB: Final = 55.0


@dataclass(frozen=True)
class RecordingMeasure:
    """What was measured.

    Attributes:
        seconds: length.
        peak_dbfs: highest sample.
        speech_dbfs: mean level of the frames that hold speech, or of all where there is none.
        noise_dbfs: mean level of the quietest tenth of the frames.
        speech_share: 0 to 1, share of the frames that hold speech.
        leading_silence: seconds before the first of them.
        trailing_silence: seconds after the last of them.
        clipped_share: 0 to 1, share of samples in flat tops of three and more.
        bandwidth_hz: up to which there is sound worth speaking of.
        pause_tonality: 0 to 1, how much the quietest frames have tones in them rather than noise.
    """

    seconds: float
    peak_dbfs: float
    speech_dbfs: float
    noise_dbfs: float
    speech_share: float
    leading_silence: float
    trailing_silence: float
    clipped_share: float
    bandwidth_hz: float
    pause_tonality: float

    @property
    def signal_to_noise_db(self) -> float:
        """Speech above the quietest tenth."""
        return self.speech_dbfs - self.noise_dbfs


class RecordingMeter:
    """Takes samples in pieces of any size; memory grows by a few bytes for each 20 ms.

    Args:
        sample_rate: in Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._frame = max(1, round(FRAME_SECONDS * sample_rate))
        self._rest = np.zeros(0, np.float32)
        self._levels: list[npt.NDArray[np.float64]] = []
        self._tonality: list[npt.NDArray[np.float64]] = []
        self._spectrum = np.zeros(_SPECTRUM // 2 + 1)
        self._count = 0
        self._peak = 0.0
        self._clipped = 0

    def write(self, samples: Samples) -> None:
        """Take the next mono samples, full scale 1."""
        self._count += len(samples)
        joined = np.concatenate([self._rest, samples])
        whole = len(joined) // self._frame * self._frame
        self._rest = joined[whole:]
        if whole:
            self._measure(joined[:whole])

    def measure(self) -> RecordingMeasure:
        """Of everything so far."""
        levels = np.concatenate(self._levels) if self._levels else np.zeros(0)
        tonality = np.concatenate(self._tonality) if self._tonality else np.zeros(0)
        seconds = self._count / self._rate
        peak = _decibels(self._peak**2)
        if not len(levels):
            return RecordingMeasure(seconds, peak, peak, SILENT_DB, 0.0, seconds, 0.0, 0.0, 0.0, 0.0)
        quiet = levels <= np.quantile(levels, _QUIET_SHARE)
        noise = _mean_level(levels[quiet])
        loud = float(np.quantile(levels, _LOUD_SHARE))
        # Above the middle between loud and quiet, where they lie closer together than speech and silence do.
        speaking = levels > max(loud - SPEECH_BELOW_PEAK_DB, (loud + noise) / 2, SILENT_DB)
        places = np.nonzero(speaking)[0]
        first, last = (int(places[0]), int(places[-1])) if len(places) else (len(levels), len(levels) - 1)
        return RecordingMeasure(
            seconds=seconds,
            peak_dbfs=peak,
            speech_dbfs=_mean_level(levels[speaking] if len(places) else levels),
            noise_dbfs=noise,
            speech_share=len(places) / len(levels),
            leading_silence=min(seconds, first * FRAME_SECONDS),
            trailing_silence=max(0.0, (len(levels) - 1 - last) * FRAME_SECONDS),
            clipped_share=self._clipped / self._count,
            bandwidth_hz=self._bandwidth(),
            pause_tonality=float(np.median(tonality[quiet[: len(tonality)]])) if quiet[: len(tonality)].any() else 0.0,
        )

    def _measure(self, samples: Samples) -> None:
        self._peak = max(self._peak, float(np.abs(samples).max()))
        self._clipped += _clipped_samples(samples)
        frames = samples.reshape(-1, self._frame).astype(np.float64)
        power = np.mean(frames**2, axis=1)
        self._levels.append(10.0 * np.log10(np.maximum(power, 10.0 ** (SILENT_DB / 10.0))))
        spectra = np.abs(np.fft.rfft(frames * np.hanning(self._frame), _SPECTRUM, axis=1)) ** 2 + 1e-14
        self._spectrum += spectra.sum(axis=0)
        body = spectra[:, 4 : _SPECTRUM // 6]
        flatness = np.exp(np.mean(np.log(body), axis=1)) / np.mean(body, axis=1)
        self._tonality.append(1.0 - flatness)

    def _bandwidth(self) -> float:
        levels = 10.0 * np.log10(self._spectrum + 1e-14)
        heard = np.nonzero(levels > levels.max() - _BAND_DROP_DB)[0]
        return float(heard[-1] * self._rate / _SPECTRUM) if len(heard) else 0.0


def _clipped_samples(samples: Samples) -> int:
    high = np.concatenate([[False], np.abs(samples) >= _CLIPPED, [False]])
    edges = np.nonzero(np.diff(high.astype(np.int8)))[0].reshape(-1, 2)
    lengths = edges[:, 1] - edges[:, 0]
    return int(lengths[lengths >= _CLIPPED_RUN].sum())


def _mean_level(levels: npt.NDArray[np.float64]) -> float:
    return _decibels(float(np.mean(10.0 ** (levels / 10.0))))


def _decibels(power: float) -> float:
    return max(SILENT_DB, 10.0 * math.log10(max(power, 1e-12)))
