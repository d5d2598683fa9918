"""Pitch by YIN (de Cheveigné and Kawahara, 2002), to judge changes of speed; shared with a benchmark."""

import numpy as np
import numpy.typing as npt

from speech.samples import Samples

LOWEST, HIGHEST = 60.0, 420.0
HOP_SECONDS = 0.01
WINDOW_SECONDS = 0.04
VOICED_BELOW = 0.12
QUIET = 0.02


def pitches(samples: Samples, rate: int) -> npt.NDArray[np.float64]:
    """Pitch in Hz every 10 ms, NaN where there is no voice."""
    window, longest, shortest = round(WINDOW_SECONDS * rate), int(rate / LOWEST), int(rate / HIGHEST)
    found = []
    for start in range(0, len(samples) - window - longest, round(HOP_SECONDS * rate)):
        part = samples[start : start + window + longest].astype(np.float64)
        if np.sqrt(np.mean(part**2)) < QUIET:
            found.append(np.nan)
            continue
        lag = _period(part, window, shortest, longest)
        found.append(rate / lag if lag else np.nan)
    return np.array(found)


def _period(part: npt.NDArray[np.float64], window: int, shortest: int, longest: int) -> float:
    size = 1 << (len(part) - 1).bit_length()
    spectrum = np.fft.rfft(part, size) * np.conj(np.fft.rfft(part[:window], size))
    product = np.fft.irfft(spectrum, size)[: longest + 1]
    sums = np.concatenate([[0.0], np.cumsum(part**2)])
    energy = sums[window : window + longest + 1] - sums[: longest + 1]
    difference = np.maximum(energy[0] + energy - 2 * product, 0.0)
    normal = np.ones(longest + 1)
    normal[1:] = difference[1:] * np.arange(1, longest + 1) / np.maximum(np.cumsum(difference[1:]), 1e-12)
    good = np.nonzero(normal[shortest:] < VOICED_BELOW)[0]
    if not len(good):
        return 0.0
    lag = shortest + int(good[0])
    while lag < longest and normal[lag + 1] < normal[lag]:
        lag += 1
    if lag >= longest:
        return 0.0
    left, middle, right = normal[lag - 1 : lag + 2]
    bend = left - 2 * middle + right
    return lag + (0.5 * (left - right) / bend if bend > 0 else 0.0)


def pitch_change(source: Samples, result: Samples, rate: int, factor: float) -> float:
    """Median ratio of the pitch after a change of speed to that before, over moments that are voiced in both."""
    before, after = pitches(source, rate), pitches(result, rate)
    ratios = [
        after[place] / pitch
        for index, pitch in enumerate(before)
        if (place := round(index / factor)) < len(after) and np.isfinite(pitch) and np.isfinite(after[place])
    ]
    # Beyond a fourth the two moments are not the same sound, or one was heard an octave off.
    return float(np.median([ratio for ratio in ratios if 0.75 < ratio < 1.33]))
