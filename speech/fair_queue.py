"""The order in which a lane serves what waits: fair turns between requests, background work last but never starved."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

INTERACTIVE = 0
BACKGROUND = 10

BACKGROUND_COST = 8.0
"""Turns that every other party has for one of the background's."""

T = TypeVar("T")


@dataclass
class _Share:
    """What one party had so far: the tag of its last item, and how many items it queued."""

    tag: float = 0.0
    turns: int = 0


class FairQueue(Generic[T]):
    """Self-clocked fair queueing (Golestani 1994), used under the lane's lock.

    An item's tag is one turn after its party's last tag or after the clock, whichever is later; the lowest tag is
    served next and sets the clock. So parties take turns however much each has queued, and a newcomer waits for no
    more than the item in service. All background work is one party whose turns are `BACKGROUND_COST` long.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, int, T]] = []
        self._numbers = itertools.count()
        self._clock = 0.0
        self._shares: WeakKeyDictionary[object, _Share] = WeakKeyDictionary()
        self._background = _Share()

    def __len__(self) -> int:
        return len(self._heap)

    def push(self, item: T, party: object, priority: int = INTERACTIVE) -> None:
        """Queue an item.

        Args:
            item: to be served.
            party: whoever shares fairly with others; held weakly.
            priority: `BACKGROUND` and above is background work.
        """
        behind = priority >= BACKGROUND
        share = self._background if behind else self._shares.setdefault(party, _Share())
        share.tag = max(share.tag, self._clock) + (BACKGROUND_COST if behind else 1.0)
        share.turns += 1
        heapq.heappush(self._heap, (share.tag, share.turns, next(self._numbers), item))

    @property
    def first(self) -> T:
        """What `pop` takes out next; `IndexError` if there is none."""
        return self._heap[0][-1]

    def pop(self) -> T:
        """Take the next item out; `IndexError` if there is none."""
        self._clock, _, _, item = heapq.heappop(self._heap)
        return item

    def clear(self) -> list[T]:
        """Take all items out, in no particular order."""
        items = [entry[-1] for entry in self._heap]
        self._heap.clear()
        return items
