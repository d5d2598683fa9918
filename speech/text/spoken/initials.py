"""Initials of names and capitals that the dictionary takes for a word."""

from __future__ import annotations

import re
from typing import Final

from speech.text.sentence_starters import SENTENCE_STARTERS
from speech.text.spoken.rule import Rule

_LETTERED: Final = re.compile(
    r"\b(?:[Pp]lan|[Vv]itamin|[Gg]rade|Class|Type|Group|Hepatitis|[Oo]ption|Part|Section|Appendix|Exhibit|Team|Row|Gate"
    r"|Platform|Schedule|Item|Figure|Table|[Pp]oint|an?|got|the|to|letter|plus|minus|is|was) $"
)
"""What a letter at the end of a sentence belongs to: not a name."""

_SENTENCE_BEGINS: Final = re.compile(rf" ?(?:{SENTENCE_STARTERS})\b(?!\.)")


def _initials(match: re.Match[str], british: bool) -> str:
    letters = " ".join(match[1].replace(".", ""))
    if match[2]:
        return letters + match[2]
    following = match.string[match.end() : match.end() + 24]
    over = re.match(r"[\"'”’)\]]*(?:$|\n)", following) or _SENTENCE_BEGINS.match(following)
    return letters + ("." if over and match.group().endswith(".") else "")


def _initial(match: re.Match[str], british: bool) -> str | None:
    before = match.string[max(0, match.start() - 16) : match.start()]
    time_of_day = match[1] == "M" and before.endswith(("A ", "P "))
    over = _SENTENCE_BEGINS.match(match.string[match.end() : match.end() + 24])
    return None if match[1] == "I" or time_of_day or over or _LETTERED.search(before) else match[1]


def _capitals(match: re.Match[str], british: bool) -> str | None:
    text = match.string
    around = text[max(0, match.start() - 12) : match.start()], text[match.end() : match.end() + 12]
    if re.search(r"[A-Z]{2,}\W+$", around[0]) or re.match(r"\W+[A-Z]{2,}", around[1]):
        return None
    return " ".join(match.group())


RULES: Final = (
    Rule(
        "dotted initials",
        re.compile(r"(?<![\w.])((?:[A-Za-z]\.){2,9})(?:(['’]s)\b)?(?![\w])"),
        _initials,
        (
            ("J.R.R. Tolkien", "J R R Tolkien"),
            ("the U.S. Army", "the U S Army"),
            ("in the U.K. Then he died", "in the U K. Then he died"),
        ),
    ),
    Rule(
        "initial",
        re.compile(r"(?:(?<![^\s\"“'(])|(?<=[A-Z] ))([A-Z])\.(?= ?(?:[A-Z]\. ?){0,3}[A-Z][a-z'’])"),
        _initial,
        (
            ("J. K. Rowling", "J K Rowling"),
            ("George R. R. Martin", "George R R Martin"),
            ("Plan B. Next", "Plan B. Next"),
            ("He met J R R. Then he left.", "He met J R R. Then he left."),
        ),
    ),
    Rule(
        "capitals that spell a word",
        re.compile(
            r"\bUS\b|(?<=[Tt]he )WHO\b|\bIT\b(?= (?:department|team|support|staff|industry|sector|security|systems?"
            r"|managers?|professionals?|services?|specialists?|consultants?)\b)"
        ),
        _capitals,
        (("in the US today", "in the U S today"), ("the IT department", "the I T department")),
    ),
)
