"""Times of day and ratios."""

from __future__ import annotations

import re
from typing import Final

from speech.text.spoken.amounts import DASH
from speech.text.spoken.numbers import cardinal
from speech.text.spoken.rule import Rule

_CLOCK: Final = r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?!\d)"
_MERIDIEM: Final = r" ?([AaPp])(?:\.\s?[Mm]\b\.?|[Mm]\b\.?)"
_START: Final = r"(?<![\d:.,/-])(?<!\w)"
_END: Final = r"(?![:.]?\d)"

_SENTENCE_END: Final = re.compile(
    r"[\"'”’)\]]*(?:$|\n|\s+[\"'“‘(]?(?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|[A-Z]{2,}\b|(?:Jan|Feb|Mar|Apr|May"
    r"|Jun|Jul|Aug|Sep|Oct|Nov|Dec)|(?:Eastern|Pacific|Central|Mountain|Greenwich)\b)[A-Z])"
)


def ends_sentence(text: str, position: int) -> bool:
    """Whether the sentence is over at `position`, so that a dot before it was its full stop as well."""
    return _SENTENCE_END.match(text, position) is not None


def _clock(hour: str, minute: str | None, second: str | None, british: bool, meridiem: bool) -> str | None:
    if int(hour) > 24 or (minute and int(minute) > 59) or (second and int(second) > 59):
        return None
    words = cardinal(str(int(hour)), british)
    if minute and int(minute) == 0 and not second:
        if not meridiem:
            words = _full_hour(int(hour), words)
    elif minute:
        words += f" {'oh ' if int(minute) < 10 else ''}{cardinal(str(int(minute)), british)}"
    if second:
        count = cardinal(str(int(second)), british)
        words += f" and {count} second{'' if int(second) == 1 else 's'}"
    return words


def _full_hour(hour: int, words: str) -> str:
    if hour == 0:
        return "midnight"
    return f"{words} hundred" if hour > 12 else f"{words} o'clock"


def _half(letter: str) -> str:
    return f"{letter.upper()} M"


def _stop(match: re.Match[str]) -> str:
    return "." if match.group().endswith(".") and ends_sentence(match.string, match.end()) else ""


def _with_meridiem(match: re.Match[str], british: bool) -> str | None:
    hour, minute, second, letter = match.groups()
    words = _clock(hour, minute, second, british, meridiem=True)
    return None if words is None else f"{words} {_half(letter)}{_stop(match)}"


def _plain(match: re.Match[str], british: bool) -> str | None:
    hour, minute, second = match.groups()
    return _clock(hour, minute, second, british, meridiem=False)


def _range(match: re.Match[str], british: bool) -> str | None:
    first, second = match.groups()[:4], match.groups()[4:]
    if not (first[3] or second[3] or (first[1] and second[1])):
        return None
    parts = []
    for hour, minute, seconds, letter in (first, second):
        words = _clock(hour, minute, seconds, british, meridiem=bool(first[3] or second[3]))
        if words is None:
            return None
        parts.append(f"{words} {_half(letter)}" if letter else words)
    return f"{parts[0]} to {parts[1]}{_stop(match)}"


def _bare_meridiem(match: re.Match[str], british: bool) -> str:
    return _half(match[1]) + _stop(match)


def _ratio(match: re.Match[str], british: bool) -> str:
    return " to ".join(cardinal(part, british) for part in match.group().split(":"))


_EITHER: Final = rf"(\d{{1,2}})(?::(\d{{2}})(?::(\d{{2}}))?)?(?:{_MERIDIEM})?"

RULES: Final = (
    Rule(
        "range of times",
        re.compile(_START + _EITHER + DASH + _EITHER + _END + r"(?!\w)"),
        _range,
        (
            ("9am-5pm", "nine A M to five P M"),
            ("10:30–11:45", "ten thirty to eleven forty-five"),
        ),
    ),
    Rule(
        "time with a.m. or p.m.",
        re.compile(_START + r"(\d{1,2})(?:[:.](\d{2})(?::(\d{2}))?)?" + _MERIDIEM),
        _with_meridiem,
        (
            ("7:45 p.m.", "seven forty-five P M."),
            ("7pm", "seven P M"),
            ("8 a.m. sharp", "eight A M sharp"),
        ),
    ),
    Rule(
        "time",
        re.compile(_START + _CLOCK + _END),
        _plain,
        (
            ("10:30", "ten thirty"),
            ("18:05", "eighteen oh five"),
            ("9:00", "nine o'clock"),
            ("18:00", "eighteen hundred"),
            ("10:30:15", "ten thirty and fifteen seconds"),
        ),
    ),
    Rule(
        "ratio",
        re.compile(r"(?<![\d:.,])\d{1,9}(?::\d{1,9}){1,3}(?![\d:])"),
        _ratio,
        (("3:1", "three to one"),),
    ),
)

BARE_RULES: Final = (
    Rule("a.m. and p.m.", re.compile(r"\b([ap])\.\s?m\."), _bare_meridiem, (("the p.m. shift", "the P M shift"),)),
)
