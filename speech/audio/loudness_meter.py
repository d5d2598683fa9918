"""Loudness, loudness range and true peak of a stream, in one pass and constant memory.

Loudness is that of ITU-R BS.1770-4, range that of EBU Tech 3342. Instead of all block loudnesses, histograms of 0.01 LU
are kept, in which each class also sums the energies that fell into it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from speech.audio.blocks import windows
from speech.audio.true_peak import CONTEXT, true_peaks
from speech.samples import Samples

SILENT = -math.inf
"""Loudness and peak of what has none."""
CELLS_PER_SECOND = 10
"""Blocks of 400 ms overlap by three quarters, so all energies are sums over cells of 100 ms."""
FILTER_SECONDS = 0.1
"""After this long the K filter has forgotten all but 1e-9 of what went in."""

_ABSOLUTE_GATE = -70.0
_BLOCK_CELLS = 4
_SHORT_TERM_CELLS = 30
_RELATIVE_GATE = -10.0
_RANGE_GATE = -20.0
_OFFSET = -0.691
"""Of BS.1770: a full-scale sine of 997 Hz in one channel measures -3.01 LUFS."""
_CLASS_LU = 0.01
_CLASSES = 9000
"""From -70 to +20 LUFS."""
_CELLS_AT_A_TIME = 20


@dataclass(frozen=True)
class LoudnessMeasure:
    """What the meter read.

    Attributes:
        integrated: gated loudness in LUFS; minus infinity if nothing is above -70 LUFS.
        true_peak: in dBTP; minus infinity for digital silence.
        range_lu: loudness range in LU; 0 for sounds under 3 s.
        seconds: length.
    """

    integrated: float
    true_peak: float
    range_lu: float
    seconds: float

    def as_dict(self) -> dict[str, float | None]:
        """For JSON, which has no infinity: None for silence; two decimals."""
        values = {"integrated": self.integrated, "true_peak": self.true_peak, "range_lu": self.range_lu}
        return {name: round(value, 2) if math.isfinite(value) else None for name, value in values.items()}


def measure(blocks: Iterable[Samples], sample_rate: int) -> LoudnessMeasure:
    """Measure a stream of mono samples.

    A sound shorter than one block of 0.4 s, for which the standard has no loudness, is taken as one block of its
    own length: the loudness it would have if it went on like this.

    Args:
        blocks: the stream, in blocks of any lengths.
        sample_rate: in Hz, at least 8000.
    """
    cell = round(sample_rate / CELLS_PER_SECOND)
    context = max(CONTEXT, round(FILTER_SECONDS * sample_rate))
    momentary, short_term = _Histogram(), _Histogram()
    recent: deque[float] = deque(maxlen=_SHORT_TERM_CELLS)
    length, energy, peak = 0, 0.0, 0.0
    weighted = KFilter(context + _CELLS_AT_A_TIME * cell, sample_rate)
    for part in windows(blocks, _CELLS_AT_A_TIME * cell, context, CONTEXT):
        squares = weighted(part[: len(part) - CONTEXT])[context:] ** 2
        length += len(squares)
        energy += float(squares.sum())
        peak = max(peak, float(np.abs(part[context:]).max()))
        peak = max(peak, float(true_peaks(part[context - CONTEXT :], sample_rate, peak).max()))
        for mean in cell_means(squares, cell):
            recent.append(mean)
            if len(recent) >= _BLOCK_CELLS:
                momentary.add(sum(list(recent)[-_BLOCK_CELLS:]) / _BLOCK_CELLS)
            if len(recent) == _SHORT_TERM_CELLS:
                short_term.add(sum(recent) / _SHORT_TERM_CELLS)
    if 0 < length < _BLOCK_CELLS * cell:
        momentary.add(energy / length)
    return LoudnessMeasure(
        integrated=loudness(momentary.mean_above(_RELATIVE_GATE)),
        true_peak=20 * math.log10(peak) if peak > 0 else SILENT,
        range_lu=short_term.spread_above(_RANGE_GATE),
        seconds=length / sample_rate,
    )


class KFilter:
    """The K filter of BS.1770 for parts of one size.

    The standard gives the filter's two stages for 48 kHz only. Multiplying spectra by their response there gives the
    same weighting at any other rate.

    Args:
        size: most samples of a part.
        sample_rate: in Hz.
    """

    def __init__(self, size: int, sample_rate: int) -> None:
        self._size = size
        frequencies = np.fft.rfftfreq(size, 1 / sample_rate)
        z = np.exp(-2j * np.pi * np.minimum(frequencies, 24_000) / 48_000)
        shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
            1 - 1.69065929318241 * z + 0.73248077421585 * z**2
        )
        high_pass = (1 - 2 * z + z**2) / (1 - 1.99004745483398 * z + 0.99007225036621 * z**2)
        self._response = shelf * high_pass

    def __call__(self, samples: Samples) -> npt.NDArray[np.float64]:
        """The weighted part; its first `FILTER_SECONDS` are the filter's run-in and not valid."""
        filtered: npt.NDArray[np.float64] = np.fft.irfft(np.fft.rfft(samples, self._size) * self._response, self._size)
        return filtered[: len(samples)]


def cell_means(squares: npt.NDArray[np.float64], cell: int) -> list[float]:
    """Mean square of each whole cell of 100 ms."""
    count = len(squares) // cell
    means: list[float] = squares[: count * cell].reshape(count, cell).mean(axis=1).tolist()
    return means


def loudness(mean_square: float) -> float:
    """LUFS of a K-weighted mean square."""
    return _OFFSET + 10 * math.log10(mean_square) if mean_square > 0 else SILENT


class _Histogram:
    """Mean squares by their loudness, above the absolute gate of -70 LUFS."""

    def __init__(self) -> None:
        self._counts = np.zeros(_CLASSES, dtype=np.int64)
        self._sums = np.zeros(_CLASSES)

    def add(self, mean_square: float) -> None:
        """Count one block."""
        level = loudness(mean_square)
        if level > _ABSOLUTE_GATE:
            place = min(_CLASSES - 1, int((level - _ABSOLUTE_GATE) / _CLASS_LU))
            self._counts[place] += 1
            self._sums[place] += mean_square

    def mean_above(self, gate: float) -> float:
        """Mean of those blocks that are louder than the mean of all plus `gate` (in LU); 0 if there is none."""
        first = self._first_above(gate)
        count = int(self._counts[first:].sum())
        return float(self._sums[first:].sum()) / count if count else 0.0

    def spread_above(self, gate: float) -> float:
        """Distance in LU from the 10th to the 95th percentile of those blocks."""
        first = self._first_above(gate)
        reached = np.cumsum(self._counts[first:])
        if not len(reached) or reached[-1] == 0:
            return 0.0
        last = reached[-1] - 1
        low, high = np.searchsorted(reached, [round(0.10 * last), round(0.95 * last)], side="right")
        return float(high - low) * _CLASS_LU

    def _first_above(self, gate: float) -> int:
        count = int(self._counts.sum())
        if not count:
            return _CLASSES
        limit = loudness(float(self._sums.sum()) / count) + gate
        return max(0, math.ceil((limit - _ABSOLUTE_GATE) / _CLASS_LU))
