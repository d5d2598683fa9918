"""Telephone and other numbers that are read in groups of digits."""

from __future__ import annotations

import re
from typing import Final

from speech.text.spoken.numbers import spelled
from speech.text.spoken.rule import Rule

_START: Final = r"(?<![\w.,$£€/-])(?<!\d )"
_END: Final = r"(?![\w/]|[-.,]\d| \d)"

_INTERNATIONAL: Final = re.compile(rf"{_START}\+\d{{1,3}}(?:[ .-]?\(?\d{{1,5}}\)?){{2,6}}{_END}")
_NORTH_AMERICAN: Final = re.compile(
    rf"{_START}(?:1[ .-])?(?:\(\d{{3}}\) ?\d{{3}}[-. ]\d{{4}}|\d{{3}}([-.])\d{{3}}\1\d{{4}}"
    rf"|\d{{3}} \d{{3}} \d{{4}}){_END}"
)
_LOCAL: Final = re.compile(rf"{_START}[2-9]\d\d-\d{{4}}{_END}")
_BRITISH: Final = re.compile(rf"{_START}\(?0\d{{2,4}}\)? \d{{3,4}} ?\d{{3,4}}{_END}")
_VANITY: Final = re.compile(rf"{_START}1-(8\d\d)-(?=[A-Z\d-]*[A-Z])([A-Z\d]{{2,10}}(?:-[A-Z\d]{{2,10}})?)\b")
_GROUPS: Final = re.compile(rf"{_START}(?:\d{{3}}-\d\d-\d{{4}}|\d{{4}}([ -])\d{{4}}\1\d{{4}}\1\d{{4}}){_END}")
_ZIP: Final = re.compile(r"\b([A-Z]{2}) (\d{5})(?:-(\d{4}))?(?![\w.,-]\d|\w)")


def _digits(match: re.Match[str], british: bool) -> str:
    plus = "plus " if match.group().startswith("+") else ""
    return plus + ", ".join(spelled(group) for group in re.findall(r"\d+", match.group()))


def _international(match: re.Match[str], british: bool) -> str | None:
    return _digits(match, british) if 8 <= sum(c.isdigit() for c in match.group()) <= 15 else None


def _vanity(match: re.Match[str], british: bool) -> str:
    parts = re.findall(r"\d+|[A-Z]+", match[2])
    name = " ".join(spelled(part) if part.isdigit() else part.lower() for part in parts)
    return f"one, {spelled(match[1])}, {name}"


def _zip(match: re.Match[str], british: bool) -> str:
    return f"{match[1]} " + ", ".join(spelled(group) for group in match.groups()[1:] if group)


RULES: Final = (
    Rule(
        "international telephone number",
        _INTERNATIONAL,
        _international,
        (("+44 20 7946 0958", "plus four four, two zero, seven nine four six, zero nine five eight"),),
    ),
    Rule(
        "telephone number",
        _NORTH_AMERICAN,
        _digits,
        (
            ("555-123-4567", "five five five, one two three, four five six seven"),
            ("(212) 555-0199", "two one two, five five five, zero one nine nine"),
        ),
    ),
    Rule("local telephone number", _LOCAL, _digits, (("555-1234", "five five five, one two three four"),)),
    Rule(
        "British telephone number",
        _BRITISH,
        _digits,
        (("020 7946 0958", "zero two zero, seven nine four six, zero nine five eight"),),
    ),
    Rule("telephone number with a word", _VANITY, _vanity, (("1-800-FLOWERS", "one, eight zero zero, flowers"),)),
    Rule(
        "card or account number",
        _GROUPS,
        _digits,
        (("123-45-6789", "one two three, four five, six seven eight nine"),),
    ),
    Rule("ZIP code", _ZIP, _zip, (("Austin, TX 78701", "Austin, TX seven eight seven zero one"),)),
)
