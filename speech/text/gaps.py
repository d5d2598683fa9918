"""Puts words in place of others, and closes the gap where words were taken out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from speech.text.phrases import is_unspaced

_SENTENCE_OVER: Final = ".!?;:…。！？；："
_OPENING: Final = '"“‘«„([{¿¡'
_CLOSING: Final = re.compile(r"[,.!?;:…]+(?![\w.!?])|[。，！？；：、]")
_STOPS: Final = re.compile(r"(?:[.!?;:…]+(?![\w.!?])|[。！？；：]+) *")
_COMMAS: Final = ",，、"
_AFTER_GAP: Final = re.compile(rf"[ {_COMMAS}]*")


def apply_edits(text: str, edits: Iterable[tuple[int, int, str]]) -> str:
    """Return `text` with parts replaced, and tidy where the replacement is empty.

    Where something was taken out, the spaces around it become one, none is left before punctuation or at the
    edge of a line, a comma is not doubled nor left behind at the start of a sentence or before its end, and
    the stop of a sentence that went altogether goes too. Two words never grow together. The rest of the text
    is not changed.

    Args:
        text: any text.
        edits: start, end and replacement, in order and not overlapping.

    Example:
        >>> apply_edits("Well, um, yes", [(6, 8, "")])
        'Well, yes'
    """
    built = _Built()
    position = 0
    for start, end, replacement in edits:
        built.add(text[position:start])
        position = _replace(built, text, end, replacement) if replacement else _close(built, text, end)
    built.add(text[position:])
    return built.text()


class _Built:
    """The text so far; looks at and trims its end without copying the rest."""

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def add(self, piece: str) -> None:
        if piece:
            self._pieces.append(piece)

    def last(self) -> str:
        """The last character, or nothing."""
        return self._pieces[-1][-1] if self._pieces else ""

    def drop(self, characters: str) -> str:
        """Take `characters` off the end; gives what went."""
        dropped = ""
        while self._pieces:
            piece = self._pieces.pop()
            kept = piece.rstrip(characters)
            dropped = piece[len(kept) :] + dropped
            if kept:
                self._pieces.append(kept)
                break
        return dropped

    def text(self) -> str:
        return "".join(self._pieces)


def _replace(built: _Built, text: str, end: int, replacement: str) -> int:
    following = text[end : end + 1]
    if _CLOSING.match(replacement):
        built.drop(" ")
    elif _grow_together(built.last(), replacement[0]):
        built.add(" ")
    built.add(replacement)
    if _grow_together(replacement[-1], following) or (following.isalnum() and replacement[-1] in ",.!?;:…"):
        built.add(" ")
    return end


def _close(built: _Built, text: str, end: int) -> int:
    """Join what stands before the gap to what stands after it; gives where the text goes on."""
    before = built.drop(f" {_COMMAS}")
    after = _AFTER_GAP.match(text, end).group()  # type: ignore[union-attr]  # matches anything
    end += len(after)
    last = built.last() or "\n"
    opening = last in _OPENING and " " not in before
    if opening or last == "\n" or last in _SENTENCE_OVER:
        if not before.strip() and (stops := _STOPS.match(text, end)):
            # What went was the whole sentence.
            end = stops.end()
            after += " "
        before, after = ("", "") if opening else (_spaces(before), _spaces(after))
    built.add(_joint(last, before + after, text, end))
    return end


def _spaces(gap: str) -> str:
    return " " if " " in gap else ""


def _joint(last: str, gap: str, text: str, end: int) -> str:
    """What is left of the commas and spaces of a gap, at most one of each."""
    if last == "\n" or end == len(text) or _CLOSING.match(text, end):
        return ""
    comma = gap.replace(" ", "")[:1]
    if text[end] == "\n":
        return "" if text.startswith("\n\n", end) else comma
    apart = " " in gap or (not comma and _grow_together(last, text[end]))
    return comma + (" " if apart else "")


def _grow_together(before: str, after: str) -> bool:
    return before.isalnum() and after.isalnum() and not (is_unspaced(before) and is_unspaced(after))
