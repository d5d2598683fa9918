"""The learnt rule: measures of a take to a margin, with all its numbers in a data file."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from speech.validation.measures import Measures
from speech.validation.words import primary

DEFAULT_THRESHOLD = 0.85
"""Score at which the learnt rule separates good from bad takes.

Servers that compare transcripts pass a take when 85 % of its text agrees; the score is scaled so that the same
number means the rule's own limit here.
"""

ANY = "*"
"""Stands for any model or language in the data file."""


@dataclass(frozen=True)
class Term:
    """How far a measure lies on the wrong side of a limit, times a weight.

    Attributes:
        measure: name of the measure.
        above: limit above which it counts, or ``None``.
        below: limit below which it counts, or ``None``.
        weight: taken off the margin for each unit beyond the limit; negative numbers speak for the take.
        most: largest distance that counts.
    """

    measure: str
    above: float | None
    below: float | None
    weight: float
    most: float

    def penalty(self, measures: Measures) -> float:
        """What this term takes off the margin; 0 for a measure that was not made."""
        value = measures.get(self.measure)
        if value is None:
            return 0.0
        distance = 0.0
        if self.above is not None:
            distance = max(distance, value - self.above)
        if self.below is not None:
            distance = max(distance, self.below - value)
        return self.weight * min(distance, self.most)


@dataclass(frozen=True)
class Rule:
    """A sum of penalties.

    Attributes:
        margin: of a take without any penalty; log odds.
        terms: the penalties.
        clear_pass: margins from here on need no second opinion.
        clear_fail: margins below need none either.
    """

    margin: float
    terms: tuple[Term, ...]
    clear_pass: float = 0.0
    clear_fail: float = 0.0

    def judge(self, measures: Measures) -> float:
        """Margin of a take: positive for a good one, log odds."""
        return self.margin - sum(term.penalty(measures) for term in self.terms)


@dataclass(frozen=True)
class Rules:
    """Both stages for one model and language.

    Attributes:
        forced: on the measures that both listeners make of a known text.
        heard: on these and the comparison with a free transcript; ``None`` where that would tell nothing more.
    """

    forced: Rule
    heard: Rule | None = None


def score_of(margin: float) -> float:
    """Margin to a score from 0 to 1, `DEFAULT_THRESHOLD` at margin 0; rises with the margin."""
    logit = margin + math.log(DEFAULT_THRESHOLD / (1.0 - DEFAULT_THRESHOLD))
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, logit))))


def margin_of(score: float) -> float:
    """Inverse of `score_of`; scores of 0 and 1 are very far margins."""
    clipped = min(max(score, 1e-9), 1.0 - 1e-9)
    return math.log(clipped / (1.0 - clipped)) - math.log(DEFAULT_THRESHOLD / (1.0 - DEFAULT_THRESHOLD))


def rules_for(model: str, language: str) -> Rules:
    """The rules learnt for a model and language, or the nearest there are.

    Looked up in this order: model and language, model and any language, any model and language, any and any.
    """
    table = _table()
    for name in (model, ANY):
        languages = table.get(name, {})
        for tag in (primary(language), ANY):
            if tag in languages:
                return languages[tag]
    raise LookupError("The data file of the validation rules has no general entry.")


def parse(description: Mapping[str, Any]) -> Rules:
    """Rules from their JSON form, as the benchmark writes it."""
    heard = description.get("heard")
    return Rules(_rule(description["forced"]), None if heard is None else _rule(heard))


def _rule(description: Mapping[str, Any]) -> Rule:
    terms = tuple(
        Term(term["measure"], term.get("above"), term.get("below"), term["weight"], term["most"])
        for term in description["terms"]
    )
    return Rule(
        description["margin"],
        terms,
        description.get("clear_pass", 0.0),
        description.get("clear_fail", 0.0),
    )


def early_by(model: str) -> float:
    """Seconds by which the model's alignment places words before they are heard; 0 for models not measured."""
    return float(_data()["early_seconds"].get(model, 0.0))


@functools.lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, Rules]]:
    return {
        model: {language: parse(rules) for language, rules in languages.items()}
        for model, languages in _data()["models"].items()
    }


@functools.lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    text = (files("speech.validation") / "data" / "rules.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data
