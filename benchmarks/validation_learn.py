"""Fits the validation rule: a sum of penalties for measures that correct takes do not show."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MEASURES: dict[str, str] = {
    "mean": "below",
    "second": "below",
    "opening": "below",
    "last": "below",
    "closing": "below",
    "poor": "above",
    "pace": "both",
    "longest": "above",
    "shortest": "below",
    "excess": "above",
    "overrun": "above",
    "echo": "above",
    "squeezed": "above",
    "lead": "above",
    "gap_sound": "above",
    "silence": "above",
    "cut_level": "above",
    "fall": "above",
    "word": "above",
    "word_both": "above",
    "gone": "above",
    "gone_both": "above",
    "phones": "above",
    "phone_word": "above",
    "phone_missing": "above",
    "phone_lost": "above",
    "last_word": "above",
    "last_missing": "above",
    "last_lost": "above",
    "opening_gone": "above",
    "added": "above",
    "added_near": "above",
    "added_both": "above",
}
"""Measures of a take and the side on which they speak against it."""

_QUANTILES = (0.7, 0.95, 0.995)
_RIDGE = 3e-3
_STEPS = 4000
_FOLDS = 5
_VOICE_FOLDS = 4
_CORRECT_WEIGHT = 2.0
_HARDER: dict[str, float] = {"cut out": 3.0, "cut short": 3.0, "extra": 2.0, "replaced": 2.0}
"""Kinds that are harder to hear than the others weigh more."""
_REJECTED = 0.02
"""Largest share of the correct takes that may fall below the limit."""
_INTO_GAP = 1 / 8
"""How far from the first correct take that passes to the last that fails the limit lies: every place between them
rejects the same takes, but on the edge the first would be a toss-up, and further on more spoiled takes pass."""


@dataclass(frozen=True)
class Example:
    """A judged take: its measures, whether it is correct or how it was spoiled, its sentence's number and its voice."""

    measures: Mapping[str, float]
    kind: str
    sentence: int = 0
    voice: str = ""

    @property
    def good(self) -> bool:
        """Whether it should pass."""
        return self.kind == "correct"


def learn(examples: Sequence[Example], sides: Mapping[str, str] = MEASURES) -> dict[str, Any]:
    """A rule in the form of the data file; its limit is set on margins from fits that know neither the
    take's sentence nor its voice."""
    rule = fit(examples, sides)
    good = np.array([example.good for example in examples])
    rule["margin"] = round(rule["margin"] - _limit(_unseen_margins(examples, sides)[good]), 4)
    return {"forced": rule}


def _limit(margins: Floats) -> float:
    """Below the first of the correct takes that is to pass, in the gap to the last that may fail."""
    ordered = np.sort(margins)
    first = int(_REJECTED * (len(ordered) - 1))
    return float(ordered[first] - _INTO_GAP * (ordered[first] - ordered[max(first - 1, 0)]))


def _unseen_margins(examples: Sequence[Example], sides: Mapping[str, str]) -> Floats:
    found = np.zeros(len(examples))
    voices = sorted({example.voice for example in examples})
    by_sentence = np.array([example.sentence % _FOLDS for example in examples])
    by_voice = np.array([voices.index(example.voice) % _VOICE_FOLDS for example in examples])
    for sentences, speakers in itertools.product(range(_FOLDS), range(min(_VOICE_FOLDS, len(voices)))):
        own = (by_sentence == sentences) & (by_voice == speakers)
        # With a single voice there is none to leave out.
        others = (by_sentence != sentences) & ((by_voice != speakers) | (len(voices) == 1))
        rule = fit(_chosen(examples, others), sides)
        found[own] = margins(rule, _chosen(examples, own))
    return found


def _chosen(examples: Sequence[Example], which: npt.NDArray[np.bool_]) -> list[Example]:
    return [example for example, chosen in zip(examples, which, strict=True) if chosen]


def make_terms(examples: Sequence[Example], sides: Mapping[str, str]) -> list[dict[str, Any]]:
    """Limits at quantiles of the correct takes, so that each measure counts the more the rarer it is."""
    good = [example.measures for example in examples if example.good]
    terms: list[dict[str, Any]] = []
    for name, side in sides.items():
        values = np.array([measures[name] for measures in good if name in measures])
        spread = max(float(values.std()), 0.02)
        for direction in ("above", "below") if side == "both" else (side,):
            limits = {round(float(np.quantile(values, q if direction == "above" else 1 - q)), 3) for q in _QUANTILES}
            terms += [
                {"measure": name, direction: limit, "weight": 0.0, "most": round(8 * spread, 3)}
                for limit in sorted(limits)
            ]
    return terms


def penalties(examples: Sequence[Example], terms: Sequence[Mapping[str, Any]]) -> Floats:
    """Distance of each example beyond each term's limit, shape ``(examples, terms)``."""
    table = np.zeros((len(examples), len(terms)))
    for row, example in enumerate(examples):
        for column, term in enumerate(terms):
            value = example.measures.get(term["measure"])
            if value is None:
                continue
            beyond = value - term["above"] if "above" in term else term["below"] - value
            table[row, column] = min(max(beyond, 0.0), term["most"])
    return table


def fit(
    examples: Sequence[Example], sides: Mapping[str, str], correct_weight: float = _CORRECT_WEIGHT
) -> dict[str, Any]:
    """Logistic regression with weights that only count against a take, by projected gradient steps.

    Args:
        examples: of correct takes and of all kinds.
        sides: measures and their sides.
        correct_weight: how much more a rejected correct take costs than a missed spoiled one; both classes have the
            same total weight before.
    """
    terms = make_terms(examples, sides)
    table = penalties(examples, terms)
    scale = np.maximum(table.std(axis=0), 1e-6)
    table = table / scale
    wanted = np.array([1.0 if example.good else 0.0 for example in examples])
    importance = _importance(examples, correct_weight)
    weights, margin = np.zeros(table.shape[1]), 3.0
    step = 4.0 / max(1.0, float(np.linalg.eigvalsh((table * importance[:, None]).T @ table).max()))
    for _ in range(_STEPS):
        good = 1 / (1 + np.exp(-np.clip(margin - table @ weights, -30, 30)))
        slope = importance * (good - wanted)
        weights = np.maximum(0.0, weights - step * (-table.T @ slope + _RIDGE * weights))
        margin -= step * slope.sum()
    learnt = [
        {**term, "weight": round(float(weight), 4)}
        for term, weight in zip(terms, weights / scale, strict=True)
        if weight > 1e-3
    ]
    return {"margin": round(float(margin), 4), "terms": learnt}


def _importance(examples: Sequence[Example], correct_weight: float) -> Floats:
    kinds = [example.kind for example in examples]
    spoiled = {kind for kind in kinds if kind != "correct"}
    whole = sum(_HARDER.get(kind, 1.0) for kind in spoiled)
    share = {kind: _HARDER.get(kind, 1.0) / whole / kinds.count(kind) for kind in spoiled}
    share["correct"] = correct_weight / kinds.count("correct")
    importance: Floats = np.array([share[kind] for kind in kinds])
    return importance / float(importance.sum())


def margins(rule: Mapping[str, Any], examples: Sequence[Example]) -> Floats:
    """Margin of each example under a rule."""
    weights = np.array([term["weight"] for term in rule["terms"]])
    found: Floats = float(rule["margin"]) - penalties(examples, rule["terms"]) @ weights
    return found
