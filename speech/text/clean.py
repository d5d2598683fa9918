"""Turns any string a client may send into well-formed text with normal spaces and paragraph breaks."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_INVISIBLE: Final = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0001\U000e0020-\U000e007f]"
)
_JOINER_RUN: Final = re.compile("[\u200c\u200d]+")
_LINE_ENDS: Final = re.compile("\r\n|[\r\v\f\u2028]")
_CONTROLS: Final = re.compile("[\x00-\x09\x0e-\x1f\x7f-\x9f]")
_SPACES: Final = re.compile(r"[^\S\n]+")
_BLANK_LINES: Final = re.compile(r"\n{2,}")


def clean(text: str) -> str:
    r"""Return `text` normalised, without losing a letter or a digit.

    In this order: surrogate pairs are joined and lone surrogates become U+FFFD; CR, CRLF, vertical tab, form
    feed and U+2028 become a line feed, U+2029 a blank line; C1 controls are read as Windows-1252 (how
    they nearly always arose: ``don\x92t``), other controls become a space; soft hyphens, byte order marks,
    zero-width spaces and direction marks go; zero-width joiners stay only inside a non-ASCII
    word or emoji; NFC; runs of spaces of any kind become one space, lines are stripped, two or more line
    feeds become exactly two (a paragraph break).

    Pure and idempotent; never raises.
    """
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = _LINE_ENDS.sub("\n", text).replace("\u2029", "\n\n")
    text = _CONTROLS.sub(_control, text)
    text = _INVISIBLE.sub("", text)
    text = _JOINER_RUN.sub(_joiner, text)
    text = unicodedata.normalize("NFC", text)
    text = _SPACES.sub(" ", text)
    text = "\n".join(line.strip(" ") for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", text).strip("\n ")


def one_line(text: str) -> str:
    r"""Return `text` cleaned and with its line breaks turned into spaces.

    Example:
        >>> one_line(" a\n\nb\u00a0")
        'a b'
    """
    return " ".join(clean(text).split("\n")).replace("  ", " ")


def _control(match: re.Match[str]) -> str:
    try:
        return bytes([ord(match.group())]).decode("cp1252") if match.group() >= "\x80" else " "
    except UnicodeDecodeError:
        return " "


def _joiner(match: re.Match[str]) -> str:
    text, start, end = match.string, match.start(), match.end()
    inside = start > 0 and end < len(text) and _joins(text[start - 1]) and _joins(text[end])
    return match.group()[0] if inside else ""


def _joins(character: str) -> bool:
    return character > "\x7f" and not character.isspace()
