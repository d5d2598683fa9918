"""Finds words and phrases of a list in a text, whole and longest first."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeAlias

Found: TypeAlias = tuple[int, int, str]
"""Start and end in the text, and the phrase as the list has it."""

_ALIKE: Final = str.maketrans({"’": "'", "ʼ": "'", "“": '"', "”": '"', "ς": "σ"})
_SPACE: Final = re.compile(r"\s")
_POSSESSIVE: Final = re.compile("['’ʼ][sS]")
_TAIL: Final = re.compile(r"['’ʼ][^\W\d_]")
_ELISION: Final = re.compile(r"(?:^|[^\w'’ʼ])(?:[cdjlmnst]|\w{0,6}qu|\w{0,6}ll|un)['’ʼ]$", re.IGNORECASE)
# Han, kana, Thai, Lao, Burmese and Khmer put no space between words, so a word may touch the next one there.
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff]"
)


class Phrases:
    """Words and phrases to look for.

    A phrase is found only where it is not glued to a letter or digit on a side where it has one itself:
    ``um`` is not in "sum" nor "um2", ``[laughs]`` is in "ha[laughs]". An apostrophe glues too ("don" is not in
    "don't"), but for the possessive 's behind and an elided article before ("l'amour"). Straight and
    typographic quotes are the same, as are all kinds of white space.
    """

    def __init__(self, phrases: Iterable[str], exact: Iterable[str] = ()) -> None:
        """Make the list.

        Args:
            phrases: found in upper and lower case; empty ones never.
            exact: found only as written.
        """
        self._folded = _Table((fold(phrase), phrase) for phrase in phrases)
        self._exact = _Table((_alike(phrase), phrase) for phrase in exact)
        starts = sorted({*self._folded.starts, *map(fold, self._exact.starts)})
        self._starts = re.compile("|".join(map(re.escape, starts)) if starts else "(?!)")

    def find(self, text: str, protected: Sequence[tuple[int, int]] = ()) -> Iterator[Found]:
        """Yield what of the list stands in `text`, from left to right, the longest of several at one place.

        Args:
            text: any text.
            protected: spans, in order, that a phrase may cover whole but not in part.
        """
        folded, exact = fold(text), _alike(text)
        guard = _Guard(protected)
        position = 0
        while start := self._starts.search(folded, position):
            found = self._longest(folded, exact, start.start(), guard)
            if found:
                yield found
            position = found[1] if found else start.end()

    def _longest(self, folded: str, exact: str, start: int, guard: _Guard) -> Found | None:
        if not _free_before(exact, start):
            return None
        lengths = self._folded.lengths(folded[start]) | self._exact.lengths(exact[start])
        for length in sorted(lengths, reverse=True):
            end = start + length
            phrase = self._exact.get(exact[start:end]) or self._folded.get(folded[start:end])
            if phrase and end <= len(exact) and _free_after(exact, end) and guard.allows(start, end):
                return start, end, phrase
        return None


class _Table:
    """Phrases by their form, and the lengths of those that begin with a character."""

    def __init__(self, phrases: Iterable[tuple[str, str]]) -> None:
        self._phrases = {form: phrase for form, phrase in phrases if form}
        self.starts: dict[str, set[int]] = {}
        for form in self._phrases:
            self.starts.setdefault(form[0], set()).add(len(form))

    def lengths(self, start: str) -> set[int]:
        return self.starts.get(start, set())

    def get(self, form: str) -> str | None:
        return self._phrases.get(form)


class _Guard:
    """Tells whether a span cuts into one of the protected ones; asked from left to right."""

    def __init__(self, protected: Sequence[tuple[int, int]]) -> None:
        self._protected = protected
        self._next = 0

    def allows(self, start: int, end: int) -> bool:
        while self._next < len(self._protected) and self._protected[self._next][1] <= start:
            self._next += 1
        following = self._next
        while following < len(self._protected) and self._protected[following][0] < end:
            low, high = self._protected[following]
            if low < start or high > end:
                return False
            following += 1
        return True


def possessive_end(text: str, end: int) -> int:
    """Return where a possessive 's behind a word that ends at `end` is over, or `end` where there is none.

    Example:
        >>> possessive_end("Anna's cat", 4)
        6
    """
    match = _POSSESSIVE.match(text, end)
    if not match or not _wordy(text[end - 1]) or _wordy(text[match.end() : match.end() + 1] or " "):
        return end
    return match.end()


def fold(text: str) -> str:
    """Return `text` in one case and with one kind of quotes and spaces, as long as it was.

    Example:
        >>> fold("Don’t")
        "don't"
    """
    lower = text.lower()
    if len(lower) != len(text):
        lower = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    return _alike(lower)


def is_unspaced(character: str) -> bool:
    """Return whether `character` is of a script that puts no space between words.

    Example:
        >>> is_unspaced("字"), is_unspaced("a")
        (True, False)
    """
    return _UNSPACED.match(character) is not None


def _alike(text: str) -> str:
    return _SPACE.sub(" ", text.translate(_ALIKE))


def _free_before(text: str, start: int) -> bool:
    before, first = text[start - 1 : start], text[start]
    if not before or not _wordy(first) or is_unspaced(before) or is_unspaced(first):
        return True
    if before == "'" and start > 1 and text[start - 2].isalpha():
        return _ELISION.search(text, max(0, start - 10), start) is not None
    return not _wordy(before)


def _free_after(text: str, end: int) -> bool:
    last, after = text[end - 1], text[end : end + 1]
    if not after or not _wordy(last):
        return True
    if is_unspaced(last) or is_unspaced(after):
        return not _is_mark(after)
    if _TAIL.match(text, end):
        return possessive_end(text, end) > end
    return not _wordy(after)


def _wordy(character: str) -> bool:
    return character.isalnum() or character in "\u200c\u200d" or _is_mark(character)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"
