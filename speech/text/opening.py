"""Cuts the beginning of a text short, so that its sound can start while the rest is being made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from speech.text.chunks import CLAUSE_MARKS, Piece

OPENING: Final = 60
"""Characters of the first piece: about four seconds of speech."""
GROWTH: Final = 1.5
"""How much longer than all before it a piece may be: who makes and checks speech in 0.4 of its length keeps ahead of a
listener with 1 / 0.4 - 1."""
SHORTEST: Final = 20
"""Characters of the shortest piece that is cut off: engines hurry or stumble over less."""


def cut_opening(pieces: Iterable[Piece], said: int = 0) -> Iterator[Piece]:
    """The same text, its first pieces cut at clause marks until what was said gives time enough for a whole one.

    A piece without a clause mark in reach stays as it is: a breath between any two words would be heard.

    Args:
        pieces: in order.
        said: characters before them.
    """
    for piece in pieces:
        rest = piece.text
        while cut := _cut(rest, max(OPENING, int(GROWTH * said))):
            head = rest[:cut].rstrip()
            yield Piece(head, "clause")
            said += len(head)
            rest = rest[cut:].lstrip()
        yield Piece(rest, piece.ends)
        said += len(rest)


def _cut(text: str, most: int) -> int:
    """Where the longest beginning of at most `most` characters ends that closes a clause; 0 for nowhere."""
    if len(text) <= most:
        return 0
    for marks in CLAUSE_MARKS[:2]:
        ends = [mark.end() for mark in marks.finditer(text, 0, min(most + 1, len(text) - SHORTEST))]
        fitting = [end for end in ends if end >= SHORTEST]
        if fitting:
            return fitting[-1]
    return 0
