"""Signs between and before numbers: sums, products, comparisons, powers."""

from __future__ import annotations

import re
from typing import Final

from speech.text.spoken.numbers import cardinal, label
from speech.text.spoken.rule import Rule

_SIGNS: Final = {
    "+": "plus",
    "=": "equals",
    "×": "times",
    "*": "times",
    "÷": "divided by",
    "±": "plus or minus",
    "≈": "approximately equals",
    "≠": "does not equal",
    "≤": "is at most",
    "≥": "is at least",
    "<": "is less than",
    ">": "is greater than",
    "^": "to the power of",
    "√": "the square root of",
    "∞": "infinity",
    "→": "to",
}
_POWERS: Final = {"²": "squared", "³": "cubed"}
_SUPERSCRIPTS: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def _sign(match: re.Match[str], british: bool) -> str:
    return f" {_SIGNS[match[1] or match[2]]} "


def _power(match: re.Match[str], british: bool) -> str | None:
    if re.search(r"[^\W\d_]{3}$", match.string[max(0, match.start() - 3) : match.start()]):
        return None  # the number of a footnote
    if match.group() in _POWERS:
        return f" {_POWERS[match.group()]}"
    return f" to the power of {match.group().translate(_SUPERSCRIPTS)}"


def _minus(match: re.Match[str], british: bool) -> str:
    return " minus "


def _by(match: re.Match[str], british: bool) -> str:
    following = match.string[match.end() : match.end() + 3]
    return " times " if re.match("10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹^]", following) else " by "


def _size(match: re.Match[str], british: bool) -> str:
    return " by ".join(label(side) if len(side) == 4 else cardinal(side, british) for side in match.groups() if side)


def _times(match: re.Match[str], british: bool) -> str:
    return " times"


def _about(match: re.Match[str], british: bool) -> str:
    return "about "


def _plus(match: re.Match[str], british: bool) -> str:
    return " plus"


def _bound(match: re.Match[str], british: bool) -> str:
    return {"<": "less than ", ">": "more than ", "≤": "at most ", "≥": "at least "}[match.group()]


def _negative(match: re.Match[str], british: bool) -> str:
    return "minus " if match.group() in "-−" else "plus "


FIRST_RULES: Final = (
    Rule(
        "size",
        re.compile(r"(?<![\w.,])(\d{1,5}) ?[x×] ?(\d{1,5})(?: ?[x×] ?(\d{1,5}))?(?![\w]|[.,]\d)"),
        _size,
        (("1920x1080", "nineteen twenty by ten eighty"), ("a 2x4 board", "a two by four board")),
    ),
    Rule("product", re.compile(r"(?<=\d) ?[x×] ?(?=\d)"), _by, (("2.5 × 3.5", "two point five by three point five"),)),
    Rule(
        "bound",
        re.compile(r"(?<!\S)[<>≤≥](?=[\d$£€.])"),
        _bound,
        (("in <10 minutes", "in less than ten minutes"), ("≥18 years", "at least eighteen years")),
    ),
    Rule("about", re.compile(r"(?<![\w~])~ ?(?=[\d$£€.])"), _about, (("~5", "about five"),)),
)

RULES: Final = (
    Rule("multiple", re.compile(r"(?<=\d)[x×](?!\w)"), _times, (("10x faster", "ten times faster"),)),
    Rule(
        "power",
        re.compile(r"(?<=[\w)])[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]{1,12}"),
        _power,
        (("x²", "x squared"), ("2⁸", "two to the power of eight")),
    ),
    Rule(
        "difference",
        re.compile(
            r"(?<=[\d)]) ?− ?(?=[\d(])|(?<=[\d)]) [-–] (?=\d{1,20}(?:\.\d{1,20})? ?=)"
            r"|(?:(?<=UTC)|(?<=GMT))[-−](?=\d)"
        ),
        _minus,
        (("5 - 3 = 2", "five minus three equals two"), ("UTC-5", "UTC minus five")),
    ),
    Rule(
        "sign between numbers",
        re.compile(r"(?<=[\w)%]) ?([+=×*÷±≈≠≤≥<>^]) ?(?=[\d(.−+-])|(?<=\d) ?([+=×*÷±≈≠≤≥<>^]) ?(?=[A-Za-z])"),
        _sign,
        (("2 + 2 = 4", "two plus two equals four"), ("6 × 7", "six by seven"), ("x = 3", "x equals three")),
    ),
    Rule("at least", re.compile(r"(?<=\d)\+"), _plus, (("50+ people", "fifty plus people"),)),
    Rule(
        "sign of a number",
        re.compile(r"(?<![\w)\].-])[-−+](?=\.?\d)"),
        _negative,
        (("-5", "minus five"), ("+3", "plus three")),
    ),
)
