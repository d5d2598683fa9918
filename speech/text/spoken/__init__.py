"""Writes out in words what an English reader says for numbers, signs and abbreviations."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from speech.text.spoken import (
    abbreviations,
    addresses,
    arithmetic,
    codes,
    counting,
    dates,
    initials,
    money,
    phones,
    roman,
    symbols,
    times,
    units,
)
from speech.text.spoken.rule import Rule

_STEPS: Final[tuple[tuple[bool, tuple[Rule, ...]], ...]] = (
    (False, addresses.RULES),
    (True, codes.FIRST_RULES),
    (True, dates.RULES),
    (True, arithmetic.FIRST_RULES),
    (True, addresses.NUMBER_RULES),
    (True, times.RULES),
    (False, times.BARE_RULES),
    (True, money.RULES),
    (True, phones.RULES),
    (False, abbreviations.RULES),
    (False, initials.RULES),
    (True, units.RULES),
    (False, counting.RULES),
    (False, roman.RULES),
    (False, arithmetic.RULES),
    (True, codes.RULES),
    (True, counting.LAST_RULES),
    (False, counting.SIGN_RULES),
    (False, symbols.RULES),
)
"""Rules in the order in which they are applied, each seeing what the ones before it left; a step marked True can
be left out where the text has no digit."""

RULES: Final[tuple[Rule, ...]] = tuple(rule for _, rules in _STEPS for rule in rules)

_DIGIT: Final = re.compile(r"\d")
_FOREIGN_DIGIT: Final = re.compile(r"(?![0-9])\d|[₀-₉]")


def spoken_form(text: str, language: str = "en-US") -> str:
    """Return `text` as it is read out; text in a language other than English comes back unchanged.

    No digit is left, no word is lost, and text without digits, signs and abbreviations is not touched.
    Emoji stay. Never raises; linear in the length of the text.

    Args:
        text: cleaned text of any length.
        language: BCP 47 tag; ``en-US`` puts the month first in 3/4/2024, any other English the day, and
            says "one hundred and five".

    Example:
        >>> spoken_form("Dr. Li paid $3.50 at 7:45 p.m.")
        'Doctor Li paid three dollars and fifty cents at seven forty-five P M.'
    """
    primary, _, region = language.partition("-")
    if primary.lower() != "en":
        return text
    british = region.upper() not in ("", "US")
    text = _FOREIGN_DIGIT.sub(_ascii_digit, text)
    for needs_digit, rules in _STEPS:
        if needs_digit and not _DIGIT.search(text):
            continue
        for rule in rules:
            text = rule.apply(text, british)
    return text


def _ascii_digit(match: re.Match[str]) -> str:
    return str(unicodedata.digit(match.group()))
