"""Numbers of footnotes and sources, which a reader skips."""

from __future__ import annotations

import re
from typing import Final

from speech.text.kept import outside_markup

_NUMBERS: Final = r"[0-9]{1,3}(?: ?[,;–-] ?[0-9]{1,3}){0,20}"
_BRACKETED: Final = re.compile(rf"(?<=[\w.,!?;:…\"'”’)\]])(?: ?\[{_NUMBERS}\])+(?!\()")
_RAISED: Final = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_SUPERSCRIPT: Final = re.compile(
    rf"(?<=[^\W\d_])(?<![{_RAISED}])[{_RAISED}]{{1,9}}(?:[,⁻–-][{_RAISED}]{{1,9}}){{0,9}}(?![⁺⁻⁽ⁿ\w])"
    rf"|(?<=[.,!?;:…”’\"])[{_RAISED}]{{1,9}}(?![⁺⁻⁽ⁿ\w])"
)
_SIGNS: Final = '.,!?;:…”’"'
_GLUED: Final = re.compile(r"(?<=[.,!?\"'”’)\]])[0-9]{1,3}(?:[,–-][0-9]{1,3}){0,5}(?=\s|$)")
_LAST_WORD: Final = re.compile(r"[^\W\d_]+$")
_INITIALS: Final = re.compile(r"(?<![\w.])(?:[^\W\d_]\.){2,9}$")

_WITH_POWER: Final = frozenset(
    re.findall(
        r"\w+",
        "km hm dm cm mm nm pm µm um mi ft in yd kg mg ha kW MW kPa Pa Hz kN Nm rad mol min sec inch log ln sin cos tan "
        "cot exp det mc",
    )
)
"""Units and functions that a square or cube may stand behind; every single letter may have one too."""

_SHORT_WORDS: Final = frozenset(
    re.findall(r"\w+", "am an as at be by do go he hi if is it me my no of on or so to up us we")
)
_NUMBERED: Final = frozenset(
    re.findall(
        r"\w+",
        "abb abs anm app approx apr apt art aug bd ca cap ch chap col dec ed ep eq est ext feb fig figs folio jan jul "
        "jun kap lot mar max min nb no nos nov nr num oct op ord p para pag pg pl pp pt rd ref rm s sec sect sep sept "
        "seq st ste tab tel tom v ver vers vol vols vs z",
    )
)
"""Abbreviations that a number belongs to: "No.5" is not a sentence with a footnote."""


def remove_references(text: str) -> str:
    """Return `text` without the numbers of footnotes and sources.

    - Digits right behind one of ``. ! ? , " ' ” ’ ) ]`` and before white space or the end ("end.12 Next"),
      unless the sign stands in a number, opens a quote, or belongs to an abbreviation ("No.5"); behind
      ``. ! ?`` only where no lower-case word follows.
    - Numbers in square brackets behind a word ("text[3]", "text [12–14]"), at most three digits each.
    - Superscript digits behind a word ("word¹²"), but not exponents: behind single letters, units and
      functions ("m²", "E=mc²", "sin²").

    Example:
        >>> remove_references("The end.12 He saw [3, 4] 5 m² of it [7].")
        'The end. He saw 5 m² of it.'
    """
    return outside_markup(text, _remove)


def _remove(text: str) -> str:
    text = _BRACKETED.sub(_bracketed, text)
    text = _SUPERSCRIPT.sub(_superscript, text)
    return _GLUED.sub(_glued, text)


def _bracketed(match: re.Match[str]) -> str:
    word = _word_before(match.string, match.start())
    element = len(word) == 1 and _cased(word) and match.group()[0] == "["  # of an array
    return match.group() if element else ""


def _superscript(match: re.Match[str]) -> str:
    text, start, number = match.string, match.start(), match.group()
    if text[start - 1] in _SIGNS:
        behind_word = text[max(0, start - 20) : start].rstrip(_SIGNS + _RAISED)[-1:].isalpha()
        return "" if behind_word else number
    word = _word_before(text, start)
    if len(word) == 1 and _cased(word):
        return number
    power = word in _WITH_POWER or (len(word) == 2 and _cased(word) and word.lower() not in _SHORT_WORDS)
    return number if power and number in "²³" else ""


def _glued(match: re.Match[str]) -> str:
    text, start = match.string, match.start()
    sign, before = text[start - 1], text[start - 2 : start - 1] if start > 1 else ""
    if not before or before.isspace() or before.isdigit() or before in "([{“‘„«":
        return match.group()
    if sign in ".!?" and text[match.end() : match.end() + 2].strip()[:1].islower():
        return match.group()
    return match.group() if sign == "." and _belongs(text, start - 1) else ""


def _belongs(text: str, dot: int) -> bool:
    """Whether the number behind the full stop at `dot` is that of an abbreviation or of a name with dots."""
    word = _word_before(text, dot)
    if not word:
        return text[dot - 1] not in "\"'”’)]»!?…"
    if _INITIALS.search(text, max(0, dot - 20), dot + 1):
        return word == "m"  # a.m. and p.m.
    return word.lower() in _NUMBERED or len(word) == 1 or text[max(0, dot - len(word) - 1)] == "."


def _word_before(text: str, end: int) -> str:
    found = _LAST_WORD.search(text, max(0, end - 30), end)
    return found.group() if found else ""


def _cased(word: str) -> bool:
    return word.lower() != word.upper()
