"""Fits the validation rule: a sum of penalties for measures that correct takes do not show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FORCED_MEASURES: dict[str, str] = {
    "mean": "below",
    "worst": "below",
    "worst_long": "below",
    "worst_short": "below",
    "second": "below",
    "third": "below",
    "lowest": "below",
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
}
"""Measures of the first stage and the side on which they speak against a take."""

HEARD_MEASURES: dict[str, str] = {
    **FORCED_MEASURES,
    "heard_errors": "above",
    "heard_missing": "above",
    "heard_extra": "above",
    "heard_replaced": "above",
    "heard_sounds": "above",
    "heard_worst": "above",
    "rival_shorter": "above",
    "rival_longer": "above",
    "rival_heard": "above",
}

_QUANTILES = (0.7, 0.95, 0.995)
_RIDGE = 3e-3
_STEPS = 4000
_FOLDS = 5
_CORRECT_WEIGHT = 1.0
_REJECTED = 0.01  # of the correct takes, by the second stage's limit
_LOOKED_TWICE = 0.12  # of the correct takes: a second opinion costs twice as much as the first
_HOPELESS = 0.005
_CAUTION = 1.0


@dataclass(frozen=True)
class Example:
    """A judged take: its measures, whether it is correct or how it was spoiled, and its sentence's number."""

    measures: Mapping[str, float]
    kind: str
    sentence: int = 0

    @property
    def good(self) -> bool:
        """Whether it should pass."""
        return self.kind == "correct"


def learn(examples: Sequence[Example]) -> dict[str, Any]:
    """Rules of both stages in the form of the data file.

    The limits of the first stage are set on margins that each take gets from a fit without its own sentence.
    """
    forced, forced_margins = _cross_fitted(examples, FORCED_MEASURES)
    heard = fit(examples, HEARD_MEASURES)
    good = np.array([example.good for example in examples])
    shift = float(np.quantile(margins(heard, examples)[good], _REJECTED))
    heard["margin"] = round(heard["margin"] - shift, 4)
    forced["clear_pass"] = round(float(np.quantile(forced_margins[good], _LOOKED_TWICE)), 3)
    forced["clear_fail"] = round(float(np.quantile(forced_margins[good], _HOPELESS)) - _CAUTION, 3)
    return {"forced": forced, "heard": heard}


def _cross_fitted(examples: Sequence[Example], sides: Mapping[str, str]) -> tuple[dict[str, Any], Floats]:
    found = np.zeros(len(examples))
    folds = np.array([(example.sentence // 2) % _FOLDS for example in examples])
    for fold in range(_FOLDS):
        rest = [example for example, own in zip(examples, folds, strict=True) if own != fold]
        rule = fit(rest, sides)
        found[folds == fold] = margins(
            rule, [example for example, own in zip(examples, folds, strict=True) if own == fold]
        )
    return fit(examples, sides), found


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
        correct_weight: how much more a rejected correct take costs than a missed spoiled one; each class, and
            each kind within the spoiled, has the same total weight before.
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
    share = {kind: 1.0 / len(spoiled) / kinds.count(kind) for kind in spoiled}
    share["correct"] = correct_weight / kinds.count("correct")
    importance = np.array([share[kind] for kind in kinds])
    return importance / importance.sum()


def margins(rule: Mapping[str, Any], examples: Sequence[Example]) -> Floats:
    """Margin of each example under a rule."""
    weights = np.array([term["weight"] for term in rule["terms"]])
    return rule["margin"] - penalties(examples, rule["terms"]) @ weights
