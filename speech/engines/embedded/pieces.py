"""Cutting phoneme strings that are longer than the model takes in one call."""

from __future__ import annotations

from typing import Final

_BREAKS: Final = (".!?…", ";:—", ',)”"', " ")
"""Marks after which a cut is heard least, best first."""


def split_phonemes(phonemes: str, limit: int) -> list[str]:
    """Cut `phonemes` into pieces of at most `limit` symbols; joined they give the same string again.

    A cut goes after the last sentence mark of the second half of the window, failing that after a clause
    mark, then a space, and only in a string without any of them between two sounds.
    """
    pieces = []
    rest = phonemes
    while len(rest) > limit:
        cut = _cut(rest, limit)
        pieces.append(rest[:cut])
        rest = rest[cut:]
    if rest or not pieces:
        pieces.append(rest)
    return pieces


def _cut(text: str, limit: int) -> int:
    for marks in _BREAKS:
        cut = max(text.rfind(mark, limit // 2, limit) for mark in marks) + 1
        if cut:
            return cut
    return limit
