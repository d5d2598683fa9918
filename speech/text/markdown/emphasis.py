"""Signs of emphasis in a stretch of Markdown."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from speech.text.phrases import is_unspaced

_RUN: Final = re.compile(r"\*+|_+|~~+")


@dataclass
class _Run:
    start: int
    left: int
    """Signs that have found no partner yet."""
    opens: bool
    closes: bool
    sign: str


def without_emphasis(text: str) -> str:
    """Return `text` without the signs of emphasis that pair; any other stays.

    Signs pair as in CommonMark, but never between two letters or digits ("snake_case", "2*3*4"), except
    for double signs between letters and signs in scripts without spaces.

    Example:
        >>> without_emphasis("a **bold** word, 2*3*4 and my_own_name")
        'a bold word, 2*3*4 and my_own_name'
    """
    runs = [_run(match) for match in _RUN.finditer(text)]
    openers: dict[str, list[_Run]] = {"*": [], "_": [], "~": []}
    lengths = [run.left for run in runs]
    for run in runs:
        stack = openers[run.sign]
        while run.closes and run.left and stack:
            paired = min(run.left, stack[-1].left)
            run.left -= paired
            stack[-1].left -= paired
            if not stack[-1].left:
                stack.pop()
        if run.opens and run.left:
            stack.append(run)
    out: list[str] = []
    position = 0
    for run, length in zip(runs, lengths, strict=True):
        out += [text[position : run.start], run.sign * run.left]
        position = run.start + length
    return "".join(out) + text[position:]


def _run(match: re.Match[str]) -> _Run:
    text, sign, length = match.string, match.group()[0], len(match.group())
    before = text[match.start() - 1] if match.start() else " "
    after = text[match.end()] if match.end() < len(text) else " "
    opens = _faces(after, before)
    closes = _faces(before, after)
    if before.isalnum() and after.isalnum() and not _inside_word(sign, length, before, after):
        opens = closes = False
    elif sign == "_":
        # Between letter and sign, an underscore belongs to a name as often as not: "a_(b)".
        opens, closes = opens and not before.isalnum(), closes and not after.isalnum()
    return _Run(match.start(), length, opens, closes, sign)


def _faces(inner: str, outer: str) -> bool:
    """Whether signs between the two belong to `inner`: CommonMark's flanking rule."""
    if inner.isspace():
        return False
    return not _is_sign(inner) or outer.isspace() or _is_sign(outer)


def _inside_word(sign: str, length: int, before: str, after: str) -> bool:
    if sign == "_" or before.isdigit() or after.isdigit():
        return False
    return length > 1 or is_unspaced(before) or is_unspaced(after)


def _is_sign(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"
