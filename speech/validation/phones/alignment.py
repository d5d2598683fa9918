"""Aligns the sounds that were heard with the phones that the text lets expect, word by word, at the least cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from speech.validation.phones.costs import UNSEEN, Costs, Floats, Phones
from speech.validation.phones.heard import Heard

_UNKNOWN_AS_PHONE: Final = 0.4
_UNKNOWN_AS_NOTHING: Final = 0.05
"""Costs of a sound of which nothing is known: hardly any, so that words there are neither confirmed nor missed."""

_SURE: Final = 0.5
_SAME: Final = 1e-6
"""Sums of the same costs in another order differ by less."""

NOBODY: Final = -1


@dataclass(frozen=True)
class WordFit:
    """How one expected word was heard.

    Attributes:
        phones: of the pronunciation that fits best.
        cost: of its swapped and missed phones.
        missed: how many of its phones are missing.
        without: by how much the whole alignment gets cheaper if the word is left out of the text; negative where it
            gets dearer.
        unknown: whether sounds of which nothing is known stand for it, so that the rest tells nothing.
    """

    phones: Phones
    cost: float
    missed: int
    without: float
    unknown: bool


@dataclass(frozen=True)
class Alignment:
    """The cheapest alignment.

    Attributes:
        cost: of all differences.
        words: one fit for each expected word.
        added: cost of each sound that belongs to no word, 0 for the others, shape ``(sounds,)``.
        owners: the word that each sound belongs to, or `NOBODY`, shape ``(sounds,)``.
        sure: whether there is a phone, rather than not, shape ``(sounds,)``.
    """

    cost: float
    words: tuple[WordFit, ...]
    added: Floats
    owners: npt.NDArray[np.int64]
    sure: npt.NDArray[np.bool_]

    def added_runs(self) -> list[tuple[float, int]]:
        """Cost of each run of added sounds, and the index of the word before it (-1 for none).

        A faint sound of a word does not end a run: it may be a part of what was added.
        """
        runs: list[tuple[float, int]] = []
        cost, before = 0.0, NOBODY
        for added, owner, sure in zip(self.added, self.owners, self.sure, strict=True):
            if owner == NOBODY:
                cost += float(added)
                continue
            if sure and cost:
                runs.append((cost, before))
                cost = 0.0
            before = int(owner)
        return [*runs, (cost, before)] if cost else runs


class _Prices:
    """Costs of one take's sounds: as each phone, and as nothing."""

    def __init__(self, heard: Heard, costs: Costs) -> None:
        least = np.exp(-2 * UNSEEN)
        as_phone = heard.presence * (costs.swapped @ heard.phones.T)
        as_nothing = 1 - heard.presence + heard.presence * (heard.phones @ costs.added)
        self.as_phone: Floats = np.where(heard.unknown, _UNKNOWN_AS_PHONE, -np.log(np.maximum(as_phone, least)))
        self.as_nothing: Floats = np.where(heard.unknown, _UNKNOWN_AS_NOTHING, -np.log(np.maximum(as_nothing, least)))
        self.missed: Floats = -np.log(costs.missed)

    def table(self, start: Floats, word: Sequence[int], backwards: bool = False) -> Floats:
        """Least cost up to each phone of a word (rows) and each sound (columns)."""
        as_phone = self.as_phone[:, ::-1] if backwards else self.as_phone
        paid = self.paid(backwards)
        table = np.empty((len(word) + 1, len(start)))
        table[0] = start
        for number, phone in enumerate(word, start=1):
            row = table[number - 1] + self.missed[phone]
            row[1:] = np.minimum(row[1:], table[number - 1][:-1] + as_phone[phone])
            # Sounds that are nothing may follow: the running minimum of what is left once they are paid for.
            table[number] = np.minimum.accumulate(row - paid) + paid
        return table

    def paid(self, backwards: bool = False) -> Floats:
        """Cost of taking all sounds up to each place for nothing."""
        nothing = self.as_nothing[::-1] if backwards else self.as_nothing
        return np.concatenate(([0.0], np.cumsum(nothing)))


def align(words: Sequence[Sequence[Phones]], heard: Heard, costs: Costs) -> Alignment:
    """Align word by word; of each word the pronunciation that makes the whole cheapest is taken.

    Args:
        words: for each word its pronunciations, none of them empty.
        heard: sounds in order.
        costs: of the differences.
    """
    prices = _Prices(heard, costs)
    places = [[costs.places(phones) for phones in pronunciations] for pronunciations in words]
    forward = [prices.paid()]
    tables: list[list[Floats]] = []
    for pronunciations in places:
        tables.append([prices.table(forward[-1], word) for word in pronunciations])
        forward.append(np.min([table[-1] for table in tables[-1]], axis=0))
    backward = _backward(places, prices)
    total = float(forward[-1][-1])
    fits: list[WordFit] = []
    owners = np.full(len(heard), NOBODY)
    end = len(heard)
    for number in range(len(words) - 1, -1, -1):
        choice = int(np.argmin([table[-1][end] for table in tables[number]]))
        cost, missed, own, end = _trace(places[number][choice], tables[number][choice], end, prices)
        owners[own] = number
        without = total - float(np.min(forward[number] + backward[number + 1]))
        unknown = bool(heard.unknown[own].any())
        fits.append(WordFit(words[number][choice], cost, missed, without, unknown))
    added = np.where(owners == NOBODY, prices.as_nothing, 0.0)
    return Alignment(total, tuple(reversed(fits)), added, owners, heard.presence > _SURE)


def _backward(places: Sequence[Sequence[Sequence[int]]], prices: _Prices) -> list[Floats]:
    """Least cost from each sound to the end, before each word and after the last."""
    rows = [prices.paid(backwards=True)]
    for pronunciations in reversed(places):
        last = [prices.table(rows[-1], word[::-1], backwards=True)[-1] for word in pronunciations]
        rows.append(np.min(last, axis=0))
    return [row[::-1] for row in reversed(rows)]


def _trace(word: Sequence[int], table: Floats, end: int, prices: _Prices) -> tuple[float, int, list[int], int]:
    """Follow a word back through its table.

    Returns:
        cost of the word, phones missed, its sounds, and the sound at which the word's table was entered.
    """
    cost, missed, own = 0.0, 0, list[int]()
    column, row = end, len(word)
    while row > 0:
        phone, here = word[row - 1], table[row][column]
        swap = prices.as_phone[phone][column - 1] if column else np.inf
        if column and abs(here - table[row - 1][column - 1] - swap) < _SAME:
            cost += float(swap)
            column, row = column - 1, row - 1
            own.append(column)
        elif abs(here - table[row - 1][column] - prices.missed[phone]) < _SAME:
            cost += float(prices.missed[phone])
            missed, row = missed + 1, row - 1
        else:
            column -= 1
    return cost, missed, own, column
