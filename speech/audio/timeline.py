"""Where moments of a sound end up after a step that cut or stretched it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np


@dataclass(frozen=True)
class TimeMap:
    """A continuous, piecewise linear map from seconds before a step to seconds after it, never running backwards.

    Between two neighbouring points the map is linear; what was cut out lies on the moment of the cut. Moments
    before the first or after the last point go to that point's result.

    Attributes:
        sources: moments before the step, strictly increasing; the first is 0, the last the length.
        results: the same moments after the step, never decreasing.
    """

    sources: tuple[float, ...]
    results: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.sources) != len(self.results) or not self.sources:
            raise ValueError("A time map needs as many results as sources, and at least one.")
        if any(b <= a for a, b in pairwise(self.sources)):
            raise ValueError("The sources of a time map must increase.")
        if any(b < a for a, b in pairwise(self.results)):
            raise ValueError("The results of a time map must not decrease.")

    @classmethod
    def identity(cls, seconds: float) -> TimeMap:
        """The map of a step that changes nothing in a sound of this length."""
        return cls.scaled(seconds, seconds)

    @classmethod
    def scaled(cls, seconds: float, result_seconds: float) -> TimeMap:
        """The map of an even change of speed from one length to another."""
        return cls((0.0, seconds), (0.0, result_seconds)) if seconds > 0 else cls((0.0,), (0.0,))

    @classmethod
    def kept(cls, ranges: Sequence[tuple[float, float]], seconds: float) -> TimeMap:
        """The map of a step that joins these parts of a sound and drops the rest.

        Args:
            ranges: start and end of each kept part in seconds, in order, not overlapping, within the sound.
            seconds: length of the sound.

        Raises:
            ValueError: the ranges are not in order or leave the sound.
        """
        points = {0.0: 0.0}
        done = 0.0
        last = 0.0
        for start, end in ranges:
            if not last <= start <= end <= seconds:
                raise ValueError(f"The part from {start} to {end} s is out of order or outside of {seconds} s.")
            points[start] = done
            done += end - start
            points[end] = done
            last = end
        points[seconds] = done
        return cls(tuple(points), tuple(points.values()))

    @property
    def seconds(self) -> float:
        """Length after the step."""
        return self.results[-1]

    def __call__(self, seconds: float) -> float:
        """The moment after the step that corresponds to a moment before it, both in seconds."""
        return float(np.interp(seconds, self.sources, self.results))

    def then(self, following: TimeMap) -> TimeMap:
        """The map of this step and the following one together."""
        # The bends of both maps are the bends of their composition. Where this map is flat any of its moments will do:
        # all have the same result, and both ends of the flat part are among the points anyway.
        low, high = self.results[0], self.results[-1]
        bends = [float(np.interp(y, self.results, self.sources)) for y in following.sources if low < y < high]
        moments = tuple(sorted({*self.sources, *bends}))
        # Rounding can turn two equal moments by an ulp; what runs backwards by that much is levelled.
        results = np.maximum.accumulate([following(self(moment)) for moment in moments])
        return TimeMap(moments, tuple(results.tolist()))
