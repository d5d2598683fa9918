"""Writes out in words what an English reader says for numbers, signs and abbreviations."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from speech.text.spoken.rule import Rule

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
    for needs_digit, rules in _steps():
        if needs_digit and not _DIGIT.search(text):
            continue
        for rule in rules:
            text = rule.apply(text, british)
    return text


def _steps() -> tuple[tuple[bool, tuple[Rule, ...]], ...]:
    # Their many patterns take a fifth of a second to compile, which a start should not wait for.
    from speech.text.spoken.order import STEPS

    return STEPS


def _ascii_digit(match: re.Match[str]) -> str:
    return str(unicodedata.digit(match.group()))
