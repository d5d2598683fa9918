"""The numbers of quantities: signs, fractions, ranges and "million" in front of a unit or currency."""

from __future__ import annotations

import re
from typing import Final

from speech.text.spoken import numbers

_VULGAR: Final = "".join(numbers.VULGAR)

AMOUNT: Final = (
    rf"(?:\d{{1,9}}[ -]\d{{1,3}}/\d{{1,3}}(?![\d/])|\d{{1,3}}/\d{{1,3}}(?![\d/])"
    rf"|(?:\d{{1,9}} ?)?[{_VULGAR}]|{numbers.NUMBER})"
)
"""A number, a fraction or both ("3 1/2", "3½")."""

DASH: Final = r" ?[-–—−‒] ?"

_NOT_A_NOUN: Final = frozenset(
    re.findall(
        r"\w+",
        "a an and are at but by each every for from if in into is it less more of off on or out over per plus so than "
        "that the then to under up was were when which who will with within without",
    )
)
_ARTICLE: Final = re.compile(r"(?i:\ban? )$")
_NEXT_WORD: Final = re.compile(r" ([a-z]{3,20})\b|-[a-z]")

_FRACTION: Final = re.compile(rf"(?:(\d+)[ -])?(\d+)/(\d+)|(\d*) ?([{_VULGAR}])")


def speak_amount(text: str, british: bool) -> str:
    """Words for a match of `AMOUNT`."""
    match = _FRACTION.fullmatch(text)
    if match is None:
        return numbers.decimal(text, british)
    if match[5]:
        numerator, denominator = numbers.VULGAR[match[5]]
        whole = match[4]
    else:
        numerator, denominator, whole = int(match[2]), int(match[3]), match[1] or ""
    if denominator < 2:
        return f"{numbers.cardinal(str(numerator), british)} over {numbers.cardinal(str(denominator), british)}"
    if whole:
        return numbers.mixed(whole, numerator, denominator, british)
    return numbers.fraction(numerator, denominator, british)


def is_bare_fraction(text: str) -> bool:
    """Whether `text` is less than one, so that its unit is "of a mile" rather than "miles"."""
    match = _FRACTION.fullmatch(text)
    return match is not None and not (match[1] or match[4])


def is_one(text: str) -> bool:
    """Whether the unit after `text` stands in the singular."""
    return text in ("1", "1.0", "01")


def is_adjective(match: re.Match[str]) -> bool:
    """Whether the quantity stands before its noun ("a $20 bill", "a 5 kg bag"), with its unit in the singular."""
    text = match.string
    following = _NEXT_WORD.match(text, match.end())
    if following is None or text[match.end() - 1] == ".":
        return False
    if following[1] is None:
        return True
    before = text[max(0, match.start() - 4) : match.start()]
    return _ARTICLE.search(before) is not None and following[1] not in _NOT_A_NOUN
