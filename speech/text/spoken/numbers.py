"""Number words: cardinals, ordinals, decimals, years, digit by digit."""

from __future__ import annotations

import re
from typing import Final

_SMALL: Final = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS: Final = ["_", "_", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES: Final = [
    "_",
    "thousand",
    "million",
    "billion",
    "trillion",
    "quadrillion",
    "quintillion",
    "sextillion",
    "septillion",
    "octillion",
    "nonillion",
    "decillion",
]
_IRREGULAR_ORDINALS: Final = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}

_MOST_DIGITS: Final = 3 * len(_SCALES)
"""Longer numbers are read digit by digit."""

INTEGER: Final = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)"
"""Digits, perhaps grouped by commas."""

NUMBER: Final = rf"(?:{INTEGER}(?:\.\d+)?|\.\d+)"
"""An integer or decimal number."""

NO_DIGIT_BEFORE: Final = r"(?<!\d)(?<!\d[.,])"
"""Keeps a pattern from starting inside a number, which also keeps it linear on long runs of digits."""

VULGAR: Final = {
    "½": (1, 2),
    "⅓": (1, 3),
    "⅔": (2, 3),
    "¼": (1, 4),
    "¾": (3, 4),
    "⅕": (1, 5),
    "⅖": (2, 5),
    "⅗": (3, 5),
    "⅘": (4, 5),
    "⅙": (1, 6),
    "⅚": (5, 6),
    "⅐": (1, 7),
    "⅛": (1, 8),
    "⅜": (3, 8),
    "⅝": (5, 8),
    "⅞": (7, 8),
    "⅑": (1, 9),
    "⅒": (1, 10),
}


def cardinal(digits: str, british: bool = False) -> str:
    """``"1,250"`` as "one thousand two hundred fifty" ("... and fifty" in British English).

    A leading zero ("007") and more than 36 digits are read digit by digit.
    """
    digits = digits.replace(",", "")
    if len(digits) > _MOST_DIGITS or (len(digits) > 1 and digits[0] == "0"):
        return spelled(digits)
    value = int(digits)
    if value == 0:
        return _SMALL[0]
    groups: list[str] = []
    scale = 0
    while value:
        value, group = divmod(value, 1000)
        if group:
            words = _under_thousand(group, british)
            if british and scale == 0 and value and group < 100:
                words = "and " + words
            groups.append(words if scale == 0 else f"{words} {_SCALES[scale]}")
        scale += 1
    return " ".join(reversed(groups))


def _under_thousand(value: int, british: bool) -> str:
    hundreds, rest = divmod(value, 100)
    words = [f"{_SMALL[hundreds]} hundred"] if hundreds else []
    if hundreds and rest and british:
        words.append("and")
    if rest:
        words.append(_under_hundred(rest))
    return " ".join(words)


def _under_hundred(value: int) -> str:
    if value < 20:
        return _SMALL[value]
    tens, ones = divmod(value, 10)
    return f"{_TENS[tens]}-{_SMALL[ones]}" if ones else _TENS[tens]


def ordinal(digits: str, british: bool = False) -> str:
    """``"21"`` as "twenty-first"."""
    return as_ordinal(cardinal(digits.replace(",", "").lstrip("0") or "0", british))


def as_ordinal(words: str) -> str:
    """The ordinal of a cardinal in words: "twenty-one" as "twenty-first"."""
    head, last = re.fullmatch(r"(.*?)([a-z]+)", words, re.DOTALL).groups()  # type: ignore[union-attr]
    if last in _IRREGULAR_ORDINALS:
        return head + _IRREGULAR_ORDINALS[last]
    return head + (last[:-1] + "ieth" if last.endswith("y") else last + "th")


def decimal(number: str, british: bool = False) -> str:
    """``"3.14"`` as "three point one four"; an integer as `cardinal`."""
    whole, dot, fraction = number.partition(".")
    words = cardinal(whole, british) if whole else "zero" if not dot else ""
    return f"{words} point {spelled(fraction)}".strip() if fraction else words


def spelled(digits: str) -> str:
    """``"404"`` as "four zero four"."""
    return " ".join(_SMALL[int(digit)] for digit in digits)


def year(digits: str, british: bool = False) -> str:
    """A number of four digits in pairs: "nineteen oh five", "twenty twenty-four", "two thousand nine"."""
    high, low = int(digits[:2]), int(digits[2:])
    if high % 10 == 0 and low < 10:
        return cardinal(digits, british)
    if low == 0:
        return f"{_under_hundred(high)} hundred"
    return f"{_under_hundred(high)} {'oh ' if low < 10 else ''}{_under_hundred(low)}"


def is_year(digits: str) -> bool:
    """Whether four digits are more likely a year than an amount."""
    return len(digits) == 4 and digits.isdecimal() and 1100 <= int(digits) <= 2099


def label(digits: str) -> str:
    """A number that names something ("221B", "GPT-4", "Boeing 747"): "two twenty-one", "seven forty-seven"."""
    if len(digits) > 4 or (len(digits) > 1 and digits[0] == "0"):
        return spelled(digits)
    if len(digits) == 4:
        return cardinal(digits) if digits.endswith("000") else year(digits)
    if len(digits) == 3 and not digits.endswith("00"):
        rest = int(digits[1:])
        return f"{_SMALL[int(digits[0])]} {'oh ' if rest < 10 else ''}{_under_hundred(rest)}"
    return cardinal(digits)


def fraction(numerator: int, denominator: int, british: bool = False) -> str:
    """``3, 4`` as "three quarters", ``1, 2`` as "one half"."""
    names = {2: ("half", "halves"), 4: ("quarter", "quarters")}
    if denominator in names:
        name = names[denominator][numerator != 1]
    else:
        name = ordinal(str(denominator), british) + ("" if numerator == 1 else "s")
    return f"{cardinal(str(numerator), british)} {name}"


def mixed(whole: str, numerator: int, denominator: int, british: bool = False) -> str:
    """``"3", 1, 2`` as "three and a half"."""
    part = fraction(numerator, denominator, british)
    if numerator == 1:
        part = ("an" if denominator in (8, 11, 18) else "a") + part[3:]
    return f"{cardinal(whole, british)} and {part}"
