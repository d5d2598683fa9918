"""Single signs that are read as a word wherever they stand."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from speech.text.spoken.rule import Rule

_SIGNS: Final = {
    "&": "and",
    "@": "at",
    "%": "percent",
    "+": "plus",
    "=": "equals",
    "×": "times",
    "÷": "divided by",
    "±": "plus or minus",
    "≈": "approximately equals",
    "≠": "does not equal",
    "≤": "is at most",
    "≥": "is at least",
    "√": "the square root of",
    "∞": "infinity",
    "°": "degrees",
    "§": "section",
    "¶": "paragraph",
    "©": "copyright",
    "№": "number",
    "→": "to",
    "€": "euros",
    "£": "pounds",
    "¥": "yen",
    "¢": "cents",
}
_GREEK: Final = re.compile(r"(?<![^\W\d_])[Α-Ωα-ωµ](?![^\W\d_])")
_SLASH: Final = re.compile(r"(?<=[^\W_]) ?/ ?(?=[^\W_])")


def _sign(match: re.Match[str], british: bool) -> str:
    text = match.string
    before = " " if match.start() and not text[match.start() - 1].isspace() and _wordy(text[match.start() - 1]) else ""
    after = " " if match.end() < len(text) and _wordy(text[match.end()]) else ""
    return before + _SIGNS[match.group()] + after


def _wordy(character: str) -> bool:
    return character.isalnum() or character in _SIGNS


def _slash(match: re.Match[str], british: bool) -> str:
    return " slash "


def _greek(match: re.Match[str], british: bool) -> str:
    letter = match.group()
    if letter == "µ":
        return "micro"
    return unicodedata.name(letter).split()[-1].lower().replace("lamda", "lambda")


RULES: Final = (
    Rule("slash", _SLASH, _slash, (("he/she", "he slash she"),)),
    Rule("Greek letter", _GREEK, _greek, (("the α particle", "the alpha particle"),)),
    Rule(
        "sign",
        re.compile("[" + "".join(map(re.escape, _SIGNS)) + "]"),
        _sign,
        (("salt & pepper", "salt and pepper"), ("R&D", "R and D"), ("§ 5", "section five")),
    ),
)
