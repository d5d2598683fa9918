"""Finds a stretch of sound that is said twice in a row, which a recogniser silently tidies up."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from speech.samples import Samples
from speech.validation.backend import SAMPLE_RATE
from speech.validation.words import word_spans

_STEP_SECONDS = 0.005
_WINDOW_SECONDS = 0.02
_TRANSFORM = 512
_BANDS = 24
_SHORTEST_SECONDS = 0.08
_LONGEST_SECONDS = 1.0
_SOUNDING_SHARE = 0.35  # of a stretch, so that a word may bring its pause along
_SOUNDING_SECONDS = 0.07
_SOUND_BELOW_LOUD = 3.0  # in powers of ten

_USUAL_DISTANCE = (0.40, 0.44)
_USUAL_SPREAD = (0.15, 0.45)
"""How near neighbouring stretches of correct speech come at most (in 97 of 100 takes), and how that varies:
at a length of t seconds ``0.40 + 0.44 * ln(t / 0.08)`` and ``0.15 + 0.45 * t``, fitted to 300 takes of eight
voices."""

Frames = npt.NDArray[np.float32]


def echo(samples: Samples) -> float:
    """How much nearer the two most similar neighbouring stretches are than correct speech ever has them.

    Every stretch of 0.08 to 1 s is compared with the next one of the same length by the distance of their
    spectra. The result is in standard deviations beyond the usual limit: below 1 in correct speech, 2 to 4
    where a word is doubled.

    Args:
        samples: at `SAMPLE_RATE`.
    """
    levels, sounding = _spectra(samples)
    power = np.einsum("ij,ij->i", levels, levels)
    best = -9.0
    for lag in range(round(_SHORTEST_SECONDS / _STEP_SECONDS), round(_LONGEST_SECONDS / _STEP_SECONDS)):
        if 2 * lag > len(levels):
            break
        product = np.einsum("ij,ij->i", levels[:-lag], levels[lag:])
        squares = np.maximum(power[:-lag] + power[lag:] - 2 * product, 0) / _BANDS
        either = np.maximum(sounding[:-lag], sounding[lag:])
        distance = _moving_sum(np.sqrt(squares) * either, lag)
        counted = _moving_sum(either, lag)
        enough = counted >= max(_SOUNDING_SHARE * lag, _SOUNDING_SECONDS / _STEP_SECONDS)
        if enough.any():
            nearest = float((distance[enough] / counted[enough]).min())
            best = max(best, _beyond_usual(nearest, lag * _STEP_SECONDS))
    return best


def repeats_itself(text: str, language: str) -> bool:
    """Whether the text itself says one or two words twice in a row ("twenty twenty-five")."""
    plain = text.lower().replace("-", " ")
    words = [plain[start:end].strip(".,;:!?\"'") for start, end in word_spans(plain, language)]
    pairs = list(pairwise(words))
    return any(a == b for a, b in pairs) or any(a == b for a, b in zip(pairs, pairs[2:], strict=False))


def _beyond_usual(distance: float, seconds: float) -> float:
    usual = _USUAL_DISTANCE[0] + _USUAL_DISTANCE[1] * math.log(seconds / _SHORTEST_SECONDS)
    return (usual - distance) / (_USUAL_SPREAD[0] + _USUAL_SPREAD[1] * seconds)


def _spectra(samples: Samples) -> tuple[Frames, Frames]:
    """Band levels in powers of ten, shape ``(frames, bands)``, and 1 or 0 for each frame: sound or not."""
    width, hop = int(_WINDOW_SECONDS * SAMPLE_RATE), int(_STEP_SECONDS * SAMPLE_RATE)
    if len(samples) < width:
        return np.zeros((0, _BANDS), np.float32), np.zeros(0, np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, width)[::hop]
    spectrum = np.fft.rfft(frames * np.hanning(width).astype(np.float32), _TRANSFORM, axis=1)
    bands = np.log10((spectrum.real**2 + spectrum.imag**2).astype(np.float32) @ _filters() + 1e-6)
    overall = bands.mean(axis=1)
    sounding = overall > np.percentile(overall, 95) - _SOUND_BELOW_LOUD
    bands -= bands[sounding].mean(axis=0)
    return bands.astype(np.float32), sounding.astype(np.float32)


def _filters() -> Frames:
    """Triangles, evenly spaced on the mel scale up to 7 kHz, shape ``(bins, bands)``."""
    top = 2595 * math.log10(1 + 7000 / 700)
    corners = 700 * (10 ** (np.linspace(0, top, _BANDS + 2) / 2595) - 1)
    bins = np.fft.rfftfreq(_TRANSFORM, 1 / SAMPLE_RATE)[:, None]
    rise = (bins - corners[:-2]) / (corners[1:-1] - corners[:-2])
    fall = (corners[2:] - bins) / (corners[2:] - corners[1:-1])
    bank: Frames = np.maximum(0.0, np.minimum(rise, fall)).astype(np.float32)
    return bank


def _moving_sum(values: Frames, width: int) -> npt.NDArray[np.float64]:
    sums = np.concatenate(([0.0], np.cumsum(values, dtype=np.float64)))
    moving: npt.NDArray[np.float64] = sums[width:] - sums[:-width]
    return moving
