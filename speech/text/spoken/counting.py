"""What is left of numbers when dates, money and the like are spoken for."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from speech.text.spoken import numbers
from speech.text.spoken.amounts import DASH, speak_amount
from speech.text.spoken.rule import Rule

_ORDINAL: Final = re.compile(rf"{numbers.NO_DIGIT_BEFORE}(?<![A-Za-z])({numbers.INTEGER})(?:st|nd|rd|th|ST|ND|RD|TH)\b")
_VULGAR: Final = "".join(numbers.VULGAR)
_FRACTION: Final = re.compile(
    rf"{numbers.NO_DIGIT_BEFORE}(?<![\w/.-])"
    rf"(?:\d{{1,9}}[ -]\d{{1,3}}/\d{{1,3}}|\d{{1,3}}/\d{{1,3}}|(?:\d{{1,9}} ?)?[{_VULGAR}])(?![\w/]|[.,]\d)"
)
_RANGE: Final = re.compile(
    rf"{numbers.NO_DIGIT_BEFORE}(?<![\w/-])({numbers.NUMBER}){DASH}({numbers.NUMBER})(?![\w/]|[-–][\w]|[.,:]\d)"
)
_NUMBER: Final = re.compile(numbers.NUMBER)
_MAGNITUDE: Final = re.compile(r" (?:thousand|million|billion|trillion)\b")
_PLURAL_NOUN: Final = re.compile(
    r" (?!(?:was|is|as|has|this|does|its|his|us|thus|yes|perhaps|always|less|plus|minus|times|sales|saw|across)\b)"
    r"(?:[a-z]{2,30}s\b|people\b|men\b|women\b|children\b|more\b|other\b|different\b|of (?:the|them|these|those)\b)"
)
_AFTER_YEAR_WORD: Final = re.compile(r"\b(?:in|since|until|before|after|by|from|year|of) $", re.IGNORECASE)
_AFTER_AMOUNT: Final = re.compile(r"(?:over|about|around|than|nearly|almost|only|least|most|approximately|number) $")


def _ordinal(match: re.Match[str], british: bool) -> str:
    return numbers.ordinal(match[1], british)


def _fraction(match: re.Match[str], british: bool) -> str | None:
    text = match.group()
    parts = re.findall(r"\d+", text)
    if "/" in text and len(parts) == 2 and not _is_part(int(parts[0]), int(parts[1])):
        joint = " out of " if int(parts[0]) <= int(parts[1]) else " over "
        return joint.join(numbers.cardinal(part, british) for part in parts)
    return speak_amount(text, british)


def _is_part(numerator: int, denominator: int) -> bool:
    """Whether a/b is a share of something rather than a score or a quotient."""
    usual = 2 <= denominator <= 20 or denominator in (32, 64) or (numerator == 1 and denominator <= 100)
    return usual and 0 < numerator <= 2 * denominator


def _range(match: re.Match[str], british: bool) -> str:
    first, second = match[1], match[2]
    if numbers.is_year(first) and (numbers.is_year(second) or (len(second) == 2 and second.isdigit())):
        until = numbers.year(second, british) if len(second) == 4 else _two_digits(second, british)
        return f"{numbers.year(first, british)} to {until}"
    return f"{numbers.decimal(first, british)} to {numbers.decimal(second, british)}"


def _two_digits(digits: str, british: bool) -> str:
    return f"oh {numbers.cardinal(digits[1])}" if digits[0] == "0" else numbers.cardinal(digits, british)


def _number(match: re.Match[str], british: bool) -> str:
    digits, text = match.group(), match.string
    if match.start() > 1 and text[match.start() - 1] == "," and text[match.start() - 2].isalnum():
        return " " + _amount_or_year(digits, text, match, british)
    return _amount_or_year(digits, text, match, british)


def _amount_or_year(digits: str, text: str, match: re.Match[str], british: bool) -> str:
    before = text[max(0, match.start() - 15) : match.start()]
    if len(digits) == 4 and digits.startswith("10") and digits.isdigit() and _AFTER_YEAR_WORD.search(before):
        return numbers.year(digits, british)
    if not (digits.isdigit() and numbers.is_year(digits)):
        return numbers.decimal(digits, british)
    following = text[match.end() : match.end() + 40]
    counted = _MAGNITUDE.match(following) or _PLURAL_NOUN.match(following)
    counted = counted or _AFTER_AMOUNT.search(before)
    return numbers.cardinal(digits, british) if counted else numbers.year(digits, british)


def _own_sign(match: re.Match[str], british: bool) -> str | None:
    character = match.group()
    if unicodedata.category(character) != "No":
        return None
    if character in numbers.VULGAR:
        return speak_amount(character, british)
    value = unicodedata.numeric(character)
    return numbers.cardinal(str(int(value)), british) if value == int(value) else None


def _plain_number(match: re.Match[str], british: bool) -> str:
    return f"number {match[1]}"


RULES: Final = (
    Rule(
        "fraction",
        _FRACTION,
        _fraction,
        (
            ("1/2", "one half"),
            ("3 1/2", "three and a half"),
            ("½", "one half"),
            ("2/3 of it", "two thirds of it"),
            ("85/100", "eighty-five out of one hundred"),
            ("22/7", "twenty-two over seven"),
        ),
    ),
    Rule(
        "ordinal",
        _ORDINAL,
        _ordinal,
        (("3rd", "third"), ("21st", "twenty-first"), ("100th", "one hundredth"), ("the 1,000th", "the one thousandth")),
        (("101st", "one hundred and first"),),
    ),
)

LAST_RULES: Final = (
    Rule("number sign", re.compile(r"(?<!\w)#(\d)"), _plain_number, (("#5", "number five"),)),
    Rule(
        "range",
        _RANGE,
        _range,
        (
            ("10-20", "ten to twenty"),
            ("1914–1918", "nineteen fourteen to nineteen eighteen"),
            ("1914-18", "nineteen fourteen to eighteen"),
            ("won 3-2", "won three to two"),
        ),
    ),
    Rule(
        "number",
        _NUMBER,
        _number,
        (
            ("1,234,567", "one million two hundred thirty-four thousand five hundred sixty-seven"),
            ("3.14", "three point one four"),
            ("in 1999", "in nineteen ninety-nine"),
            ("in 2024", "in twenty twenty-four"),
            ("in 1066", "in ten sixty-six"),
            ("in 2005", "in two thousand five"),
            ("1500 people", "one thousand five hundred people"),
            ("agent 007", "agent zero zero seven"),
        ),
        (("in 2005", "in two thousand and five"), ("120", "one hundred and twenty")),
    ),
)

SIGN_RULES: Final = (
    Rule(
        "number sign of its own",
        re.compile(r"[^\W\da-zA-Z_]"),
        _own_sign,
        (("step ②", "step two"), ("see note⁵", "see note five")),
    ),
)
