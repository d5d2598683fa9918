"""Brings a whole result to a loudness: plans with passes over a stream that can be played again, then applies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from exceptions import InvalidRequestError
from speech.audio.gain_rider import GainRider
from speech.audio.limiter import limit
from speech.audio.loudness_meter import SILENT, LoudnessMeasure, measure
from speech.samples import Samples

Source: TypeAlias = Callable[[], Iterator[Samples]]
"""Plays the same stream from its beginning at each call."""
Outcome: TypeAlias = Literal["reached", "silent", "out_of_reach"]

METHODS = ("ebu", "peak")
INTEGRATED_RANGE = (-70.0, -5.0)
TRUE_PEAK_RANGE = (-9.0, 0.0)
LOUDNESS_RANGE_RANGE = (1.0, 50.0)
"""The limits of FFmpeg's `loudnorm`, which the ancestor program called."""
TOLERANCE_LU = 0.1
PEAK_RESERVE_DB = 0.1
"""Aimed below the ceiling by this much: meters differ by that, since each has its own filter between samples."""
MOST_LOST_LU = 20.0
"""Loudness that limiting may cost; a target that takes more is left alone."""

_STEEPEST = 0.8
_RIDE_PASSES = 2
_LIMIT_PASSES = 10
_NEAR_ENOUGH_LU = 0.4
_RANGE_SLACK_LU = 0.5
_WORTH_RIDING_LU = 1.0
"""A range that shrinks by less comes from pauses, which no gain can change."""
_LINEAR_ABOVE = -60.0
"""Above, no part comes near the absolute gate of -70 LUFS, so loudness moves exactly with the gain."""


@dataclass(frozen=True)
class LoudnessTarget:
    """What a result is brought to. The defaults are the ancestor's.

    Attributes:
        method: ``ebu`` aims at the loudness and keeps peak and range within bounds; ``peak`` only brings the true
            peak to its ceiling.
        integrated: LUFS, -70 to -5.
        true_peak: ceiling in dBTP, -9 to 0.
        range_lu: greatest loudness range in LU, 1 to 50.

    Raises:
        InvalidRequestError: a value out of range.
    """

    method: str = "ebu"
    integrated: float = -24.0
    true_peak: float = -2.0
    range_lu: float = 7.0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InvalidRequestError(f"The loudness method must be one of {', '.join(METHODS)}.")
        for name, value, (low, high) in (
            ("loudness target", self.integrated, INTEGRATED_RANGE),
            ("true peak ceiling", self.true_peak, TRUE_PEAK_RANGE),
            ("loudness range", self.range_lu, LOUDNESS_RANGE_RANGE),
        ):
            if not low <= value <= high:
                raise InvalidRequestError(f"The {name} must be from {low:g} to {high:g}.")


@dataclass(frozen=True)
class LoudnessReport:
    """What was found and what was done.

    Attributes:
        before: of the source.
        after: of the result.
        gain_db: even gain.
        limited_db: by how much the highest peak was lowered on top of it.
        evened_lu: by how much the loudness range was reduced.
        outcome: ``reached``; ``silent``: nothing to measure, left alone; ``out_of_reach``: would have cost more
            than 20 LU to the limiter, left alone.
    """

    before: LoudnessMeasure
    after: LoudnessMeasure
    gain_db: float = 0.0
    limited_db: float = 0.0
    evened_lu: float = 0.0
    outcome: Outcome = "reached"

    def as_dict(self) -> dict[str, object]:
        """For JSON: two decimals, None for what silence has none of."""
        return {
            "outcome": self.outcome,
            "before": self.before.as_dict(),
            "after": self.after.as_dict(),
            "gain_db": round(self.gain_db, 2),
            "limited_db": round(self.limited_db, 2),
            "evened_lu": round(self.evened_lu, 2),
        }


@dataclass(frozen=True)
class LoudnessPlan:
    """What `apply_loudness` does to a stream.

    Attributes:
        gain_db: even gain.
        ceiling_db: of the limiter in dBTP; without limiter None.
        rider: evens out the loudness first, where the range is too large.
        report: for the result's record.
    """

    gain_db: float
    ceiling_db: float | None
    rider: GainRider | None
    report: LoudnessReport


def plan_loudness(source: Source, sample_rate: int, target: LoudnessTarget) -> LoudnessPlan:
    """Measure a stream and find what brings it to the target.

    One pass is enough where even gain is; each reduction of range takes one or two more, limiting up to ten.

    Args:
        source: plays the stream; called once for each pass.
        sample_rate: in Hz.
        target: what to reach.
    """
    before = measure(source(), sample_rate)
    if SILENT in (before.integrated, before.true_peak):
        return _unchanged(before, "silent")
    ceiling = target.true_peak - PEAK_RESERVE_DB
    if target.method == "peak":
        return _even(before, before, ceiling - before.true_peak, None)
    rider, level = None, before
    if before.range_lu > target.range_lu + _RANGE_SLACK_LU:
        rider, level = _plan_ride(source, sample_rate, before, target.range_lu)
    gain = target.integrated - level.integrated
    if level.true_peak + gain <= ceiling and min(level.integrated, target.integrated) >= _LINEAR_ABOVE:
        return _even(before, level, gain, rider)
    return _plan_limited(source, sample_rate, target, rider, (before, level))


def apply_loudness(blocks: Iterable[Samples], sample_rate: int, plan: LoudnessPlan) -> Iterator[Samples]:
    """Apply a plan to the stream it was made for, in constant memory; as many samples come out as went in."""
    return _processed(blocks, sample_rate, plan.rider, plan.gain_db, plan.ceiling_db)


def _processed(
    blocks: Iterable[Samples], sample_rate: int, rider: GainRider | None, gain_db: float, ceiling_db: float | None
) -> Iterator[Samples]:
    stream = iter(blocks) if rider is None else rider.ride(blocks, sample_rate)
    if gain_db != 0.0:
        stream = _amplified(stream, gain_db)
    return stream if ceiling_db is None else limit(stream, sample_rate, ceiling_db)


def _amplified(blocks: Iterable[Samples], gain_db: float) -> Iterator[Samples]:
    factor = np.float32(10 ** (gain_db / 20))
    for block in blocks:
        yield block * factor


def _unchanged(before: LoudnessMeasure, outcome: Outcome) -> LoudnessPlan:
    return LoudnessPlan(0.0, None, None, LoudnessReport(before, before, outcome=outcome))


def _even(before: LoudnessMeasure, level: LoudnessMeasure, gain: float, rider: GainRider | None) -> LoudnessPlan:
    """Without limiter the result follows from what was measured: gain moves loudness and peak, and not the range."""
    after = replace(level, integrated=level.integrated + gain, true_peak=level.true_peak + gain)
    report = LoudnessReport(before, after, gain_db=gain, evened_lu=before.range_lu - level.range_lu)
    return LoudnessPlan(gain, None, rider, report)


def _plan_ride(
    source: Source, sample_rate: int, before: LoudnessMeasure, wanted: float
) -> tuple[GainRider | None, LoudnessMeasure]:
    """A rider that brings the range down to the wanted one or near it, and what the sound measures behind it."""
    best: tuple[GainRider | None, LoudnessMeasure] = (None, before)
    slope = 1 - wanted / before.range_lu
    for _ in range(_RIDE_PASSES):
        rider = GainRider(before.integrated, min(slope, _STEEPEST))
        level = measure(rider.ride(source(), sample_rate), sample_rate)
        if level.range_lu < min(best[1].range_lu, before.range_lu - _WORTH_RIDING_LU):
            best = (rider, level)
        if level.range_lu <= wanted + _RANGE_SLACK_LU or slope >= _STEEPEST:
            break
        slope = 1 - (1 - slope) * wanted / level.range_lu
    return best


def _plan_limited(
    source: Source,
    sample_rate: int,
    target: LoudnessTarget,
    rider: GainRider | None,
    measures: tuple[LoudnessMeasure, LoudnessMeasure],
) -> LoudnessPlan:
    """Find the gain that, behind the limiter, gives the loudness wanted: the secant method from even gain on."""
    before, level = measures
    ceiling = target.true_peak - PEAK_RESERVE_DB
    even = target.integrated - level.integrated
    most = even + MOST_LOST_LU
    too_quiet, too_loud = even - MOST_LOST_LU, None
    gain, tried = even, (too_quiet, target.integrated - MOST_LOST_LU)
    best: tuple[float, LoudnessPlan] | None = None
    for _ in range(_LIMIT_PASSES):
        after = measure(_processed(source(), sample_rate, rider, gain, ceiling), sample_rate)
        missing = target.integrated - after.integrated
        over = after.true_peak - target.true_peak
        if over <= 0 and (best is None or abs(missing) < best[0]):
            limited = max(0.0, level.true_peak + gain - ceiling)
            report = LoudnessReport(before, after, gain, limited, before.range_lu - level.range_lu)
            best = (abs(missing), LoudnessPlan(gain, ceiling, rider, report))
        if (over <= 0 and abs(missing) <= TOLERANCE_LU) or (missing > 0 and gain >= most):
            break
        ceiling -= max(0.0, over)
        too_quiet, too_loud = (gain, too_loud) if missing > 0 else (too_quiet, gain)
        steepness = (after.integrated - tried[1]) / (gain - tried[0])
        tried = (gain, after.integrated)
        gain = _next_gain(gain + missing / min(1.0, max(steepness, 1e-3)), too_quiet, too_loud, most)
    if best is None or best[0] > _NEAR_ENOUGH_LU:
        return _unchanged(before, "out_of_reach")
    return best[1]


def _next_gain(secant: float, too_quiet: float, too_loud: float | None, most: float) -> float:
    """The secant's next gain if it lies between what was tried, else the most allowed, then the middle.

    A single bang far above the speech holds the loudness still until the speech comes through the relative gate, and
    then the secant leads nowhere.
    """
    if too_quiet < secant < (most if too_loud is None else too_loud):
        return secant
    return most if too_loud is None else (too_quiet + too_loud) / 2
