"""Letters and digits in one word: models, sizes, chemical formulas, screen lines."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from speech.text.spoken.numbers import cardinal, decimal, label, spelled
from speech.text.spoken.rule import Rule

_PART: Final = r"[A-Za-z0-9]{1,40}"
_PIECES: Final = re.compile(r"[0-9]+|[A-Za-z]+")
_VOWEL: Final = re.compile("[aeiouyAEIOUY]")


def _code(match: re.Match[str], british: bool) -> str:
    words: list[str] = []
    for part in match.group().split("-"):
        pieces = _PIECES.findall(part)
        spoken = [_piece(piece, british, len(pieces) > 1) for piece in pieces]
        words.append(_join(spoken))
    text = words[0]
    for before, part, word in zip(match.group().split("-"), match.group().split("-")[1:], words[1:], strict=False):
        hyphen = (before.isdigit() and part.isalpha() and len(part) > 1) or (before.islower() and len(before) > 1)
        text += ("-" if hyphen else " ") + word
    return text


def _join(words: list[str]) -> str:
    text = words[0]
    for before, word in pairwise(words):
        # A lone "A" before a word would be read as the article.
        text += ("-" if before == "A" else " ") + word
    return text


def _team(match: re.Match[str], british: bool) -> str:
    words = cardinal(match[1], british)
    return (words[:-1] if words.endswith("e") else words) + match[2]


def _piece(piece: str, british: bool, in_code: bool) -> str:
    if piece.isdigit():
        return label(piece) if in_code or len(piece) > 2 else cardinal(piece, british)
    if len(piece) <= 3 and piece.islower() and not _VOWEL.search(piece):
        return piece.upper()
    return piece


def _hexadecimal(match: re.Match[str], british: bool) -> str:
    return " ".join(spelled(c) if c.isdigit() else c.upper() for c in match.group())


def _scientific(match: re.Match[str], british: bool) -> str:
    sign = "minus " if match[2] == "-" else ""
    return f"{decimal(match[1], british)} times ten to the power of {sign}{cardinal(match[3], british)}"


def _numbered_place(match: re.Match[str], british: bool) -> str:
    return match[1] + label(match[2])


FIRST_RULES: Final = (
    Rule("hexadecimal number", re.compile(r"\b0x[0-9A-Fa-f]{1,16}\b"), _hexadecimal, (("0x1F", "zero X one F"),)),
    Rule(
        "scientific notation",
        re.compile(r"(?<![\w.,])(\d{1,9}(?:\.\d{1,20})?)[eE]([+-]?)(\d{1,3})(?![\w.-])"),
        _scientific,
        (("1.5e10", "one point five times ten to the power of ten"),),
    ),
    Rule(
        "numbered place",
        re.compile(
            r"\b((?:[Rr]oom|[Ff]light|[Aa]partment|[Ss]uite|[Hh]ighway|[Rr]oute|Interstate|Boeing|Airbus|[Bb]us|[Gg]ate"
            r"|[Cc]hannel|[Ee]xtension|[Bb]uilding) )(\d{3})(?![\w,]|\.\d)"
        ),
        _numbered_place,
        (("Room 404", "Room four oh four"), ("a Boeing 747", "a Boeing seven forty-seven")),
    ),
)

RULES: Final = (
    Rule(
        "people of a number", re.compile(r"(?<![\w.,])(\d{1,4})(ers?)\b"), _team, (("the 49ers", "the forty-niners"),)
    ),
    Rule(
        "letters and digits",
        re.compile(
            rf"(?<![\w'’])(?<!\w-)(?<!\d[.,])(?=[A-Za-z-]{{0,40}}\d)(?=[\d-]{{0,40}}[A-Za-z]){_PART}(?:-{_PART}){{0,6}}(?!\w)"
        ),
        _code,
        (
            ("221B", "two twenty-one B"),
            ("A4", "A-four"),
            ("MP3", "MP three"),
            ("4K", "four K"),
            ("COVID-19", "COVID nineteen"),
            ("H2O", "H two O"),
            ("F-16", "F sixteen"),
            ("R2-D2", "R two D two"),
            ("a 21-year-old", "a twenty-one-year-old"),
            ("1080p", "ten eighty P"),
        ),
    ),
)
