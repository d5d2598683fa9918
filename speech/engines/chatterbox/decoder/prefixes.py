"""Voice prefixes that were computed before, kept within a number of bytes."""

from __future__ import annotations

from collections import OrderedDict

from speech.engines.chatterbox.decoder.slots import Prefix


class PrefixCache:
    """Least recently used prefixes go first when ``limit`` bytes are exceeded; 0 keeps none."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._prefixes: OrderedDict[tuple[str, float], Prefix] = OrderedDict()
        self.nbytes = 0

    def get(self, key: tuple[str, float]) -> Prefix | None:
        """The prefix of a voice key and an emotion, if it is still here."""
        prefix = self._prefixes.get(key)
        if prefix is not None:
            self._prefixes.move_to_end(key)
        return prefix

    def put(self, key: tuple[str, float], prefix: Prefix) -> None:
        """Keep a prefix that is not here yet, unless it alone is too large."""
        if prefix.nbytes > self._limit:
            return
        self._prefixes[key] = prefix
        self.nbytes += prefix.nbytes
        while self.nbytes > self._limit:
            self.nbytes -= self._prefixes.popitem(last=False)[1].nbytes
