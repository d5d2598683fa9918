"""The words of a text, and how words of its spoken form correspond to words of its written form."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence

_UNSPACED = frozenset({"zh", "yue", "ja", "th", "lo", "my", "km"})
"""Languages written without spaces; each character counts as a word there."""

Block = tuple[slice, slice]


def word_spans(text: str, language: str) -> list[tuple[int, int]]:
    """First character and the one after the last of each word, punctuation included.

    Every character but spaces is in exactly one span, save punctuation that touches no word.
    """
    spaced = [match.span() for match in re.finditer(r"\S+", text)]
    if primary(language) in _UNSPACED:
        spaced = [part for span in spaced for part in _characters(text, *span)]
    return [span for span in spaced if any(map(is_letter, text[span[0] : span[1]]))]


def primary(language: str) -> str:
    """Primary subtag of a BCP 47 tag, lower case: ``en`` of ``en-GB``."""
    return re.split(r"[-_]", language, maxsplit=1)[0].lower()


def is_letter(character: str) -> bool:
    """Whether a character is spoken: a letter, digit, vowel mark, currency or other meaningful sign."""
    return unicodedata.category(character)[0] in "LNM" or character in "%&@$€£¥+=°#"


def corresponding_blocks(left: Sequence[str], right: Sequence[str]) -> list[Block]:
    """Cut two word lists into blocks that say the same: equal words one by one, other stretches whole.

    The blocks cover both lists in order; a side of a block may be empty.
    """
    matcher = difflib.SequenceMatcher(None, [_plain(word) for word in left], [_plain(word) for word in right])
    blocks: list[Block] = []
    for tag, left_start, left_end, right_start, right_end in matcher.get_opcodes():
        if tag == "equal":
            blocks += [
                (slice(left_start + i, left_start + i + 1), slice(right_start + i, right_start + i + 1))
                for i in range(left_end - left_start)
            ]
        else:
            blocks.append((slice(left_start, left_end), slice(right_start, right_end)))
    return blocks


def _plain(word: str) -> str:
    return "".join(filter(is_letter, word)).lower() or word


def _characters(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """One span for each letter; marks and punctuation behind a letter stay with it."""
    starts = [
        position
        for position in range(start, end)
        if is_letter(text[position]) and unicodedata.category(text[position])[0] != "M"
    ]
    if not starts:
        return [(start, end)]
    starts[0] = start
    return list(zip(starts, [*starts[1:], end], strict=True))
