"""Evens out slow changes of loudness, as an engineer does with a hand on the fader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from speech.audio.blocks import windows
from speech.audio.loudness_meter import CELLS_PER_SECOND, KFilter, cell_means, loudness
from speech.samples import Samples

SHORT_TERM_CELLS = 15
"""To either side: the 3 s over which EBU Tech 3341 takes short-term loudness, here centred."""
SMOOTH_CELLS = 10
"""To either side: two seconds for a change of gain, too slow to touch the dynamics of a word."""
MOST_DB = 12.0
"""Neither raised nor lowered by more, so that room tone does not become noise."""
GATE_LU = -30.0
"""Cells this far below the centre are pauses and say nothing about how loud the speech is."""
_CELLS_AT_A_TIME = 60


@dataclass(frozen=True)
class GainRider:
    """Brings short-term loudness nearer to a centre.

    Attributes:
        centre: in LUFS; sound of this loudness stays as it is.
        slope: part of the distance from the centre that is taken away, 0 (nothing) to 1 (all).
    """

    centre: float
    slope: float

    def ride(self, blocks: Iterable[Samples], sample_rate: int) -> Iterator[Samples]:
        """Apply the gain to a stream of blocks of any lengths; together as many samples come out as came in."""
        cell = round(sample_rate / CELLS_PER_SECOND)
        # One cell more than the averages reach: the K filter needs one to run in, the gain is drawn between cells.
        reach = SHORT_TERM_CELLS + SMOOTH_CELLS + 2
        context = reach * cell
        weighted = KFilter(2 * context + _CELLS_AT_A_TIME * cell, sample_rate)
        for part in windows(blocks, _CELLS_AT_A_TIME * cell, context, context):
            sound = part[context : len(part) - context]
            means = np.array(cell_means(weighted(part) ** 2, cell))
            gain_db = self._gain_db(means)
            middles = (np.arange(len(means)) + 0.5) * cell
            places = np.arange(context, context + len(sound)) + 0.5
            yield sound * (10 ** (np.interp(places, middles, gain_db) / 20)).astype(np.float32)

    def _gain_db(self, means: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Gain of each cell by the loudness of what is heard around it; of pauses only by what is near them."""
        heard = np.array([loudness(float(mean)) > self.centre + GATE_LU for mean in means])
        around = np.ones(2 * SHORT_TERM_CELLS + 1)
        energy = np.convolve(np.where(heard, means, 0.0), around, mode="same")[: len(means)]
        cells = np.convolve(heard.astype(float), around, mode="same")[: len(means)]
        level = np.array(
            [loudness(e / c) if c > 0.5 and e > 0 else self.centre for e, c in zip(energy, cells, strict=True)]
        )
        wanted = np.clip(self.slope * (self.centre - level), -MOST_DB, MOST_DB)
        weights = np.hanning(2 * SMOOTH_CELLS + 3)[1:-1]
        padded = np.pad(wanted, SMOOTH_CELLS, mode="edge")
        smooth: npt.NDArray[np.float64] = np.convolve(padded, weights / weights.sum(), mode="valid")
        return smooth
