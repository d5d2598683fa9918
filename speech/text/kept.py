"""Parts of a text that the rules of preparation must not see: hidden while they work, put back unchanged."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from speech.text.markup import MARKUP

# Unicode reserves U+FDD0 to U+FDEF for use inside a program: they are neither letters, signs nor spaces.
_DIGITS: Final = "\ufdd1\ufdd2\ufdd3\ufdd4\ufdd5\ufdd6\ufdd7\ufdd8\ufdd9\ufdda"
_TOKEN: Final = re.compile(f"\ufdd0([{_DIGITS}]+)\ufdef")
_RESERVED: Final = re.compile("[\ufdd0-\ufdef]+")
_TO_TOKEN: Final = str.maketrans("0123456789", _DIGITS)
_FROM_TOKEN: Final = str.maketrans(_DIGITS, "0123456789")


class Kept:
    """Hides parts of one text behind tokens, which stand for a sign that no rule knows.

    Example:
        >>> kept = Kept()
        >>> hidden = kept.hide(re.compile("a+"), "baab")
        >>> kept.restore(hidden.upper())
        'BaaB'
    """

    def __init__(self) -> None:
        self._parts: list[str] = []

    def start(self, text: str) -> str:
        """Return `text` ready for hiding: the characters of tokens that it holds itself are hidden."""
        return _RESERVED.sub(lambda match: self._store(match.group()), text)

    def hide(self, pattern: re.Pattern[str], text: str) -> str:
        """Return `text` with every match of `pattern` replaced by a token."""
        return pattern.sub(lambda match: self.token(match.group()), text)

    def token(self, part: str) -> str:
        """Return the token that stands for `part`, which may hold tokens itself."""
        return self._store(self.restore(part))

    def restore(self, text: str) -> str:
        """Return `text` with the hidden parts in place of their tokens; a token may have moved or gone."""
        if "\ufdd0" not in text:
            return text
        return _TOKEN.sub(lambda match: self._parts[int(match[1].translate(_FROM_TOKEN))], text)

    def _store(self, part: str) -> str:
        self._parts.append(part)
        return f"\ufdd0{str(len(self._parts) - 1).translate(_TO_TOKEN)}\ufdef"


def outside_markup(text: str, change: Callable[[str], str]) -> str:
    """Return `text` changed by `change`, which does not see our own markup in square brackets.

    Args:
        text: any text.
        change: a rule; it may move or drop what it does not know, but not write over it.

    Example:
        >>> outside_markup("wait [pause:1s] here", str.upper)
        'WAIT [pause:1s] HERE'
    """
    if not MARKUP.search(text):
        return change(text)
    kept = Kept()
    return kept.restore(change(kept.hide(MARKUP, kept.start(text))))
