"""The numbers by which a take is judged: how well its words fit, how long they last, what lies around them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from speech.validation.backend import Floats
from speech.validation.energy import FRAME_SECONDS, Loudness
from speech.validation.forced import ForcedScore, ScoredWord
from speech.validation.words import is_letter

Measures = Mapping[str, float]

_FLOOR = -8.0  # below it a word is absent, however far
_LETTER_SECONDS = 0.058  # with the next, the mean of 4,500 English words spoken by eight voices
_WORD_SECONDS = 0.03
_PACE_ONCE = 0.17  # the last syllable of any utterance is drawn out; fitted with the next on 465 takes of eight voices
_PACE_SHARE = 0.88
_PACE_WORDS = 3
SHORT_WORD_LETTERS = 3
"""Longest word that recognisers leave out of correct speech when it opens a sentence."""

TAIL_SECONDS = 0.08
"""Sound after the last word from which it is a tail to be cut off."""


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
    """Measures of one take from its forced score and its level curve.

    Args:
        score: the expected text on the take, at least one word.
        loud: level curve of the take.
        bounds: where its words lie.
        speed: intended tempo, 1 for the voice's own.
    """
    sound = loud.active_seconds(bounds.start, bounds.end)
    return {
        **_fit(score),
        **_lengths(score.words, bounds.start),
        "pace": _pace(sound * speed, score.words),
        **_surroundings(score.words, loud, bounds),
    }


def _fit(score: ForcedScore) -> dict[str, float]:
    opening, judged = _without_opening(score.words)
    words = np.maximum([word.log_probability for word in judged], _FLOOR)
    lowest = np.maximum([word.lowest for word in judged], _FLOOR)
    ordered = np.sort(words)
    short = np.array([letters(word.text) <= SHORT_WORD_LETTERS for word in judged])
    return {
        "mean": max(score.mean, _FLOOR),
        "opening": max(opening, _FLOOR),
        "word_mean": float(words.mean()),
        "worst": float(ordered[0]),
        "second": float(ordered[min(1, len(ordered) - 1)]),
        "third": float(ordered[min(2, len(ordered) - 1)]),
        "lowest": float(lowest.min()),
        "loss": float(-words.sum()),
        "last": float(words[-1]),
        "last_two": float(words[-2:].mean()),
        "closing": max(score.closing, _FLOOR),
        "worst_long": float(words[~short].min(initial=0.0)),
        "worst_short": float(words[short].min(initial=0.0)),
        "poor": float((words < -1.5).sum()),
        "count": math.log(len(words)),
    }


def _without_opening(words: Sequence[ScoredWord]) -> tuple[float, Sequence[ScoredWord]]:
    """Log-probability of a short first word (0 without one), and the other words.

    Recognisers often leave out an "A" or "The" that opens a sentence; it needs a measure of its own.
    """
    if len(words) > 1 and letters(words[0].text) <= SHORT_WORD_LETTERS:
        return words[0].log_probability, words[1:]
    return 0.0, words


def letters(text: str) -> int:
    """Spoken characters of a word, at least one."""
    return max(1, sum(map(is_letter, text)))


def usual_lengths(words: Sequence[ScoredWord]) -> Floats:
    """Seconds that the letters of each word let expect at a reading pace."""
    return np.array([_WORD_SECONDS + _LETTER_SECONDS * letters(word.text) for word in words])


def _pace(sound: float, words: Sequence[ScoredWord]) -> float:
    """Natural logarithm of the seconds of sound over those that the letters let expect.

    One or two words alone may be drawn out to twice their length; for them it is taken as less.
    """
    usual = _PACE_ONCE + _PACE_SHARE * float(usual_lengths(words).sum())
    return math.log(max(0.05, sound) / usual) * min(1.0, len(words) / _PACE_WORDS)


def _lengths(words: Sequence[ScoredWord], start: float) -> dict[str, float]:
    """How long the words last against what their letters let expect at the take's own pace."""
    actual = np.array([max(0.0, word.end - max(word.start, start)) for word in words])
    usual = usual_lengths(words)
    own = float(np.median(actual / usual)) if len(words) > 3 else 1.0
    usual *= max(0.6, min(1.8, own))
    ratio = np.log(np.maximum(actual / usual, 0.05))
    return {
        "longest": float(ratio.max()),
        "shortest": float(ratio.min()),
        "excess": float((actual - usual).max()),
        "missing": float((actual - usual).min()),
        "squeezed": float((ratio < -1.4).sum()),
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
    """How loud the last word still is where it ends, relative to the speech: 0 (faint) to about 1.

    Words fade over some hundredths of a second; one that stops at its full level was cut.
    """
    sounding = np.flatnonzero(loud.active[: round(bounds.end / FRAME_SECONDS)])
    if sounding.size == 0:
        return 0.0
    stop = float(sounding[-1] + 1) * FRAME_SECONDS
    speech = loud.level(bounds.start, bounds.end)
    return max(0.0, 1.0 + (loud.level(stop - 0.03, stop - 0.01) - speech) / 40.0)


_REMARKS = (
    ("tail_noise", "tail", TAIL_SECONDS),
    ("lead_noise", "lead", 0.3),
    ("long_gap", "silence", 1.5),
    ("long_word", "excess", 0.9),
    ("too_slow", "pace", 0.45),
    ("cut_off", "cut_level", 0.9),
)
_FAST_PACE = -0.75


def remarks(measures: Measures) -> tuple[str, ...]:
    """Machine-readable remarks on a take, whether it passes or not."""
    found = [remark for remark, name, limit in _REMARKS if measures.get(name, 0.0) > limit]
    if measures.get("pace", 0.0) < _FAST_PACE:
        found.append("too_fast")
    return tuple(found)
