"""The numbers by which a take is judged: how well its words fit, how long they last, what lies around them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from speech.validation.backend import Floats
from speech.validation.energy import Loudness
from speech.validation.forced import ForcedScore, ScoredWord
from speech.validation.words import is_letter

Measures = Mapping[str, float]

_FLOOR = -8.0  # below it a word is absent, however far
_LETTER_SECONDS = 0.062  # at a reading pace of 160 words a minute
_WORD_SECONDS = 0.07


@dataclass(frozen=True)
class Bounds:
    """Where the expected words lie in a take.

    Attributes:
        aligned_start: start of the first word by alignment, seconds.
        aligned_end: end of the last word by alignment.
        start: the same by the level curve.
        end: the same by the level curve.
        total: length of the take.
    """

    aligned_start: float
    aligned_end: float
    start: float
    end: float
    total: float


def measure(score: ForcedScore, loud: Loudness, bounds: Bounds, speed: float) -> dict[str, float]:
    """All measures of one take.

    Args:
        score: the expected text on the take, at least one word.
        loud: level curve of the take.
        bounds: where its words lie.
        speed: intended tempo, 1 for the voice's own.
    """
    return {
        **_fit(score),
        **_lengths(score.words, speed),
        **_surroundings(score.words, loud, bounds),
    }


def _fit(score: ForcedScore) -> dict[str, float]:
    words = np.maximum([word.log_probability for word in score.words], _FLOOR)
    lowest = np.maximum([word.lowest for word in score.words], _FLOOR)
    ordered = np.sort(words)
    return {
        "mean": max(score.mean, _FLOOR),
        "word_mean": float(words.mean()),
        "worst": float(ordered[0]),
        "second": float(ordered[min(1, len(ordered) - 1)]),
        "third": float(ordered[min(2, len(ordered) - 1)]),
        "lowest": float(lowest.min()),
        "loss": float(-words.sum()),
        "first": float(words[0]),
        "last": float(words[-1]),
        "last_two": float(words[-2:].mean()),
        "closing": max(score.closing, _FLOOR),
        "poor": float((words < -1.5).sum()),
        "count": math.log(len(words)),
    }


def letters(text: str) -> int:
    """Spoken characters of a word, at least one."""
    return max(1, sum(map(is_letter, text)))


def _lengths(words: Sequence[ScoredWord], speed: float) -> dict[str, float]:
    """How long the words last against what their letters let expect at the take's own pace."""
    expected = np.array([_WORD_SECONDS + _LETTER_SECONDS * letters(word.text) for word in words])
    actual = np.array([max(0.0, word.end - word.start) for word in words])
    whole = max(0.1, words[-1].end - words[0].start)
    pace = math.log(whole / float(expected.sum()) * speed)
    ratio: Floats = actual / (expected * whole / float(expected.sum()))
    excess = actual - expected * max(0.6, min(1.6, whole / float(expected.sum())))
    return {
        "pace": pace,
        "longest": float(np.log(np.maximum(ratio, 0.05)).max()),
        "shortest": float(np.log(np.maximum(ratio, 0.05)).min()),
        "excess": float(excess.max()),
        "missing": float(excess.min()),
        "squeezed": float((ratio < 0.25).mean()),
    }


def _surroundings(words: Sequence[ScoredWord], loud: Loudness, bounds: Bounds) -> dict[str, float]:
    gaps = [later.start - earlier.end for earlier, later in pairwise(words)]
    sounding = [loud.active_seconds(earlier.end, later.start) for earlier, later in pairwise(words)]
    after = loud.active_seconds(bounds.end + 0.02, bounds.total)
    return {
        "tail": after,
        "overrun": bounds.end - bounds.aligned_end,
        "tail_silence": loud.longest_silence(bounds.end, bounds.total) if after else 0.0,
        "lead": loud.active_seconds(0.0, bounds.aligned_start - 0.05),
        "gap": max(gaps, default=0.0),
        "gap_sound": max(sounding, default=0.0),
        "silence": loud.longest_silence(bounds.start, bounds.end),
        "quiet_end": bounds.total - bounds.end,
        "cut_level": _cut_level(loud, bounds),
    }


def _cut_level(loud: Loudness, bounds: Bounds) -> float:
    """How loud the take still is at its very end, relative to its speech: 0 (silent) to about 1.

    A take that stops in the middle of a sound was cut.
    """
    speech = loud.level(bounds.start, bounds.end)
    ending = loud.level(bounds.total - 0.04, bounds.total - 0.01)
    return max(0.0, 1.0 + (ending - speech) / 40.0)


_REMARKS = (
    ("tail_noise", "tail", 0.08),
    ("lead_noise", "lead", 0.3),
    ("long_gap", "silence", 1.5),
    ("long_word", "excess", 0.7),
    ("too_slow", "pace", 0.4),
    ("cut_off", "cut_level", 0.75),
)
_FAST_PACE = -0.75


def remarks(measures: Measures) -> tuple[str, ...]:
    """Machine-readable remarks on a take, whether it passes or not."""
    found = [remark for remark, name, limit in _REMARKS if measures.get(name, 0.0) > limit]
    if measures.get("pace", 0.0) < _FAST_PACE:
        found.append("too_fast")
    return tuple(found)
