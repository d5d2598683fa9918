"""What both listeners say about the same word: mishearings of one are outweighed by the other, true faults are not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from speech.validation.backend import Floats
from speech.validation.forced import ScoredWord
from speech.validation.measures import SHORT_WORD_LETTERS, letters
from speech.validation.phones.alignment import Alignment
from speech.validation.phones.costs import Costs

_WORST = 8.0  # a word less probable is absent, however far
_DEAREST = 20.0
_GONE_FROM = -8.0  # correct takes get dearer by more than this if a word of two phones or more is left out
_GONE_MOST = 30.0
_OPENING_MOST = 6.0  # both listeners leave a quick "The" out of correct speech, so its absence alone proves nothing


def word_evidence(scored: Sequence[ScoredWord], found: Alignment | None, costs: Costs) -> dict[str, float]:
    """Measures over the words of a take.

    Three numbers for each word: Whisper's improbability, the cost of its phones beyond the usual, and how much better
    the phones fit without it. A short first word, which recognisers leave out of correct speech, counts only in
    ``opening_gone``, its fit without, and that up to a limit.

    - ``word``: largest sum of the first two, ``word_both``: the largest smaller one of them.
    - ``gone``, ``gone_both``: the same of the first and the third.
    - ``phone_word``, ``phone_missing``, ``phone_lost``: largest cost, fit without, and count of lost phones.
    - ``last_word``, ``last_missing``, ``last_lost``: the same of the last word alone, where takes are cut short.
    - ``phones``: cost of all differences by expected phone.
    - ``added``: cost of the dearest run of phones that no word has; ``added_near``, ``added_both``: its sum with the
      improbability of the words around it, and the smaller one of the two.

    A word that the recogniser could not hear counts as an ordinary one. Where the phones tell nothing at all, ``word``
    and ``gone`` are Whisper's alone and the others are missing.

    Args:
        scored: the expected words in spoken form as Whisper scores them, at least one.
        found: the phones of the same words; ``None`` where they tell nothing.
        costs: by which they were aligned.
    """
    doubt = np.clip([-word.log_probability for word in scored], 0.0, _WORST)
    judged = slice(1 if _has_short_opening(scored) else 0, None)
    if found is None or len(found.words) != len(scored):
        worst = float(doubt[judged].max())
        return {"word": worst, "gone": worst}
    unknown = np.array([word.unknown for word in found.words])
    excess = np.where(unknown, 0.0, [word.cost - costs.usual(word.phones) for word in found.words])
    gone = np.where(unknown, _GONE_FROM, [word.without for word in found.words])
    lost = np.where(unknown, 0.0, [word.missed for word in found.words])
    dear = np.clip(excess, 0.0, _DEAREST) / 2
    absent = np.clip(gone - _GONE_FROM, 0.0, _GONE_MOST) / 2
    return {
        "word": float((doubt + dear)[judged].max()),
        "word_both": float(np.minimum(doubt, np.maximum(excess, 0.0) / 2)[judged].max()),
        "gone": float((doubt + absent)[judged].max()),
        "gone_both": float(np.minimum(doubt, absent)[judged].max()),
        "phone_word": float(excess[judged].max()),
        "phone_missing": float(gone[judged].max()),
        "phone_lost": float(lost[judged].max()),
        "last_word": float(excess[-1]),
        "last_missing": float(gone[-1]),
        "last_lost": float(lost[-1]),
        "phones": found.cost / sum(len(word.phones) for word in found.words),
        "opening_gone": min(float(gone[0]), _OPENING_MOST) if judged.start else _GONE_FROM,
        **_added(found, doubt),
    }


def _has_short_opening(scored: Sequence[ScoredWord]) -> bool:
    return len(scored) > 1 and letters(scored[0].text) <= SHORT_WORD_LETTERS


def _added(found: Alignment, doubt: Floats) -> dict[str, float]:
    """The dearest run of added phones, and what Whisper thinks of the words around it."""
    best = {"added": 0.0, "added_near": 0.0, "added_both": 0.0}
    for cost, before in found.added_runs():
        near = float(doubt[max(0, before) : before + 2].max())
        best["added"] = max(best["added"], cost)
        best["added_near"] = max(best["added_near"], cost / 2 + near)
        best["added_both"] = max(best["added_both"], min(cost / 2, near))
    return best
