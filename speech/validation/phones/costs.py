"""What the recogniser makes of each phone in correct speech: probabilities learnt from correct takes."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from speech.validation.phones.alphabet import phone_places, phones

Floats = npt.NDArray[np.float64]
Phones = tuple[str, ...]

UNSEEN = 7.0
"""Cost of a difference that correct speech never showed."""


@dataclass(frozen=True)
class Costs:
    """Probabilities over `phones`; the cost of a difference is the negative natural logarithm of its probability.

    Attributes:
        swapped: of hearing a phone (column) for an expected one (row), shape ``(phones, phones)``.
        missed: of not hearing an expected phone, shape ``(phones,)``.
        added: of hearing a phone without reason, shape ``(phones,)``.
    """

    swapped: Floats
    missed: Floats
    added: Floats

    def places(self, word: Sequence[str]) -> list[int]:
        """Rows of a word's phones."""
        return [phone_places()[phone] for phone in word]

    def usual(self, word: Sequence[str]) -> float:
        """What a correctly spoken word of these phones costs on the mean."""
        return float(self._usual[self.places(word)].sum())

    @functools.cached_property
    def _usual(self) -> Floats:
        probabilities = np.column_stack((self.swapped, self.missed))
        means: Floats = (probabilities * -np.log(probabilities)).sum(axis=1) / probabilities.sum(axis=1)
        return means

    def description(self) -> dict[str, Any]:
        """JSON form: costs of what was seen, by phone."""
        names = phones()
        swapped = {name: _seen(row) for name, row in zip(names, self.swapped, strict=True)}
        return {
            "swapped": {name: row for name, row in swapped.items() if row},
            "missed": _seen(self.missed),
            "added": _seen(self.added),
        }


def read_costs(description: Mapping[str, Any]) -> Costs:
    """Costs from their JSON form."""
    count, places = len(phones()), phone_places()
    swapped = np.full((count, count), np.exp(-UNSEEN))
    for name, row in description["swapped"].items():
        for other, cost in row.items():
            swapped[places[name], places[other]] = np.exp(-cost)
    return Costs(swapped, _probabilities(description["missed"]), _probabilities(description["added"]))


@functools.lru_cache(maxsize=1)
def learnt_costs() -> Costs:
    """The costs learnt from correct takes by ``benchmarks/phones_learn.py``."""
    text = (files("speech.validation.phones") / "data" / "costs.json").read_text(encoding="utf-8")
    return read_costs(json.loads(text))


def _seen(probabilities: Floats) -> dict[str, float]:
    costs = {name: round(float(-np.log(value)), 2) for name, value in zip(phones(), probabilities, strict=True)}
    return {name: cost for name, cost in costs.items() if cost < UNSEEN}


def _probabilities(costs: Mapping[str, float]) -> Floats:
    return np.exp(np.array([-costs.get(name, UNSEEN) for name in phones()], np.float64))
