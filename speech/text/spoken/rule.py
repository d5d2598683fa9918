"""What a rule of the spoken form is, and how one is applied."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

Speak: TypeAlias = Callable[[re.Match[str], bool], "str | None"]
"""Words for a match, or None to leave it as it is; the second argument asks for British usage."""


@dataclass(frozen=True)
class Rule:
    """One kind of written form and how it is read out.

    Attributes:
        name: what it covers, as the documentation lists it.
        pattern: where it may apply; has to run in linear time on any text.
        speak: the words for a match.
        examples: written and American spoken form; shown in the documentation and tested.
        british: the same for British English, where it differs.
    """

    name: str
    pattern: re.Pattern[str]
    speak: Speak
    examples: tuple[tuple[str, str], ...] = ()
    british: tuple[tuple[str, str], ...] = ()

    def apply(self, text: str, british: bool) -> str:
        """Replace every match by its words, kept apart from letters and digits around it."""

        def replace(match: re.Match[str]) -> str:
            words = self.speak(match, british)
            if words is None:
                return match.group()
            return _apart(words, match.string, match.start(), match.end())

        return self.pattern.sub(replace, text)


def _apart(words: str, text: str, start: int, end: int) -> str:
    if words and start > 0 and text[start - 1].isalnum() and words[0].isalnum():
        words = " " + words
    if words and end < len(text) and text[end].isalnum() and words[-1].isalnum():
        words += " "
    return words
