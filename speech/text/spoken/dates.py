"""Dates, decades and years."""

from __future__ import annotations

import re
from typing import Final

from speech.text.spoken.numbers import NO_DIGIT_BEFORE, cardinal, is_year, ordinal, year
from speech.text.spoken.rule import Rule

_MONTHS: Final = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
MONTH: Final = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\b\.?)"
)
_SUFFIX: Final = r"(?:st|nd|rd|th)"


def month_name(written: str) -> str:
    """``"Sept."`` as "September"."""
    return next(name for name in _MONTHS if name.startswith(written[:3]))


def _year_words(digits: str, british: bool) -> str:
    return year(digits, british) if is_year(digits) else cardinal(digits, british)


def _valid(month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= 31


def _full_date(years: str, month: int, day: int, british: bool) -> str:
    if len(years) == 2:
        spoken_year = cardinal(years, british) if years[0] != "0" else f"two thousand {cardinal(years[1])}"
    else:
        spoken_year = _year_words(years, british)
    nth = ordinal(str(day), british)
    name = _MONTHS[month - 1]
    return f"the {nth} of {name}, {spoken_year}" if british else f"{name} {nth}, {spoken_year}"


def _year_first(match: re.Match[str], british: bool) -> str | None:
    month, day = int(match[3]), int(match[4])
    if not _valid(month, day):
        return None
    return _full_date(match[1], month, day, british) + (" at " if match[5] else "")


def _year_last(match: re.Match[str], british: bool) -> str | None:
    first, second = int(match[1]), int(match[3])
    orders = [(second, first), (first, second)] if british else [(first, second), (second, first)]
    for month, day in orders:
        if _valid(month, day):
            return _full_date(match[4], month, day, british)
    return None


def _month_first(match: re.Match[str], british: bool) -> str | None:
    name, day, until, years = match.groups()
    if not 1 <= int(day) <= 31 or (until and not 1 <= int(until) <= 31):
        return None
    words = f"{month_name(name)} {ordinal(day, british)}"
    if until:
        words += f" to {ordinal(until, british)}"
    return words + (f", {_year_words(years, british)}" if years else "")


def _day_first(match: re.Match[str], british: bool) -> str | None:
    day, until, suffix, name, years = match.groups()
    if not 1 <= int(day) <= 31 or (until and not 1 <= int(until) <= 31):
        return None
    before = match.string[max(0, match.start() - 4) : match.start()].lower()
    article = "" if suffix or before.endswith("the ") else "the "
    days = ordinal(day, british) + (f" to {ordinal(until, british)}" if until else "")
    words = f"{article}{days} of {month_name(name)}"
    return words + (f", {_year_words(years, british)}" if years else "")


def _month_and_year(match: re.Match[str], british: bool) -> str:
    return f"{month_name(match[1])} {_year_words(match[2], british)}"


def _decade(match: re.Match[str], british: bool) -> str | None:
    digits = match[1]
    words = year(digits, british) if len(digits) == 4 else cardinal(digits, british)
    if len(digits) == 2 and digits == "00":
        return None
    return words[:-1] + "ies" if words.endswith("y") else words + "s"


def _short_year(match: re.Match[str], british: bool) -> str:
    digits = match[1]
    return f"oh {cardinal(digits[1])}" if digits[0] == "0" else cardinal(digits, british)


RULES: Final = (
    Rule(
        "ISO date",
        re.compile(NO_DIGIT_BEFORE + r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?![\d/-])(T(?=\d\d:))?"),
        _year_first,
        (("2024-03-14", "March fourteenth, twenty twenty-four"),),
        (("2024-03-14", "the fourteenth of March, twenty twenty-four"),),
    ),
    Rule(
        "numeric date",
        re.compile(NO_DIGIT_BEFORE + r"(?<![\d/-])(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|(?<=/)\d{2})(?![\d/-])"),
        _year_last,
        (
            ("3/14/2024", "March fourteenth, twenty twenty-four"),
            ("25/12/1999", "December twenty-fifth, nineteen ninety-nine"),
        ),
        (
            ("3/4/2024", "the third of April, twenty twenty-four"),
            ("14.3.2005", "the fourteenth of March, two thousand and five"),
        ),
    ),
    Rule(
        "day and month",
        re.compile(
            NO_DIGIT_BEFORE + rf"\b(\d{{1,2}})(?:{_SUFFIX})?(?: ?[-–] ?(\d{{1,2}}))?({_SUFFIX} of|{_SUFFIX})? "
            rf"({MONTH})(?:,? (\d{{4}})\b(?![:.,]\d))?"
        ),
        _day_first,
        (
            ("3 March 2024", "the third of March, twenty twenty-four"),
            ("the 4th of July", "the fourth of July"),
        ),
    ),
    Rule(
        "month and day",
        re.compile(
            rf"\b({MONTH}) (\d{{1,2}}){_SUFFIX}?(?:{' ?[-–] ?'}(\d{{1,2}}){_SUFFIX}?)?(?![\d:]|[.,/]\d| ?[ap]\.?m\b)"
            r"(?:,? (\d{4})\b(?![:.,]\d))?"
        ),
        _month_first,
        (
            ("March 3rd, 2024", "March third, twenty twenty-four"),
            ("Dec. 25", "December twenty-fifth"),
            ("May 5-7", "May fifth to seventh"),
        ),
    ),
    Rule(
        "month and year",
        re.compile(rf"\b({MONTH}),? (\d{{4}})\b(?![:.,]\d)"),
        _month_and_year,
        (("Sept. 1987", "September nineteen eighty-seven"),),
    ),
    Rule(
        "decade",
        re.compile(
            r"(?<![\w.,])['’‘]?((?:1[1-9]|20)\d0"
            r"|(?:(?<=['’‘])|(?<=[Tt]he )|(?<=early )|(?<=late )|(?<=mid-)|(?<=0s[-–/]))\d0)['’]?s\b"
        ),
        _decade,
        (
            ("the 1900s", "the nineteen hundreds"),
            ("the '90s", "the nineties"),
            ("mid-1980s", "mid-nineteen eighties"),
            ("the 60s", "the sixties"),
            ("1960s-70s", "nineteen sixties-seventies"),
        ),
    ),
    Rule(
        "short year",
        re.compile(r"(?<![\w.,])['’‘](\d\d)\b(?!['’])"),
        _short_year,
        (("the class of '99", "the class of ninety-nine"),),
    ),
)
