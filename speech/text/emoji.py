"""Emoji: taken out, or put in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

from speech.text.emoji_names import emoji_name
from speech.text.gaps import apply_edits
from speech.text.kept import outside_markup

EmojiMode: TypeAlias = Literal["remove", "name", "keep"]

# Pictures that Unicode shows in colour by itself, and old pictures that are hardly ever meant as text.
_PICTURE: Final = (
    "[\u231a\u231b\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2600-\u2604\u260e\u2611\u2614\u2615\u2618\u261d\u2620\u2622"
    "\u2623\u2626\u262a\u262e\u262f\u2638-\u263a\u2648-\u2653\u265f\u2660\u2663\u2665\u2666\u2668\u267b\u267f"
    "\u2692-\u2697\u2699\u269b\u269c\u26a0\u26a1\u26a7\u26aa\u26ab\u26b0\u26b1\u26bd\u26be\u26c4\u26c5\u26c8\u26ce"
    "\u26cf\u26d1\u26d3\u26d4\u26e9\u26ea\u26f0-\u26f5\u26f7-\u26fa\u26fd\u2702\u2705\u2708-\u270d\u270f\u2712\u2714"
    "\u271d\u2721\u2728\u2733\u2734\u2744\u2747\u274c\u274e\u2753-\u2755\u2757\u2763\u2764\u2795-\u2797\u27b0\u27bf"
    "\u2b1b\u2b1c\u2b50\u2b55\U0001f004\U0001f0cf\U0001f170\U0001f171\U0001f17e\U0001f17f\U0001f18e"
    "\U0001f191-\U0001f19a\U0001f201\U0001f202\U0001f21a\U0001f22f\U0001f232-\U0001f23a\U0001f250\U0001f251"
    "\U0001f300-\U0001f64f\U0001f680-\U0001f6ff\U0001f7e0-\U0001f7f0\U0001f90c-\U0001f9ff\U0001fa70-\U0001faff]"
)
# Arrows and signs that are text, unless a selector asks for the picture.
_SIGN: Final = (
    "[\u203c\u2049\u2139\u2194-\u2199\u21a9\u21aa\u2328\u23cf\u23ed-\u23ef\u23f1\u23f2\u23f8-\u23fa\u24c2\u25aa\u25ab"
    "\u25b6\u25c0\u25fb\u25fc\u2640\u2642\u267e\u2716\u27a1\u2934\u2935\u2b05-\u2b07\u3030\u303d\u3297\u3299]"
)
_LOOK: Final = "[\ufe0f\U0001f3fb-\U0001f3ff]{0,4}"
_ONE: Final = (
    "(?:[\U0001f1e6-\U0001f1ff]{2}|[\U0001f1e6-\U0001f1ff]|[0-9#*]\ufe0f?\u20e3"
    f"|{_PICTURE}(?!\ufe0e){_LOOK}[\U000e0020-\U000e007f]{{0,9}}|{_SIGN}\ufe0f)"
)
_EMOJI: Final = re.compile(f"{_ONE}(?:\u200d(?:{_ONE}|{_SIGN}|{_PICTURE}))*")
_RUN: Final = re.compile(f"{_EMOJI.pattern}(?: {{0,9}}{_EMOJI.pattern})*")
_QUOTES_BEFORE: Final = "\"'“‘„«([{¿¡"
_QUOTES_BEHIND: Final = "\"'”’»)]}"
_STOPS: Final = ",.;:!?…"
_STRAY_LOOK: Final = re.compile("\ufe0f")


def treat_emoji(text: str, mode: EmojiMode) -> str:
    """Return `text` with its emoji taken out, named or kept.

    Emoji are whole sequences: joined ones, skin tones, flags, keycaps and selectors belong to them. ©, ®, ™,
    digits and the arrows and mathematical signs that Unicode shows as text stay.

    Args:
        text: any text.
        mode: "remove" takes emoji out with their surplus space; "name" says them in English, with commas
            between the name and a word beside it; "keep" changes nothing.

    Example:
        >>> treat_emoji("Hi 😀 there", "remove")
        'Hi there'
        >>> treat_emoji("Hi 😀 there", "name")
        'Hi, grinning face, there'
    """
    if mode == "keep" or text.isascii():
        return text
    find = _names if mode == "name" else _removals
    return outside_markup(text, lambda part: _STRAY_LOOK.sub("", apply_edits(part, find(part))))


def _removals(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _RUN.finditer(text):
        yield *match.span(), ""


def _names(text: str) -> Iterator[tuple[int, int, str]]:
    over = 0
    for match in _RUN.finditer(text):
        start, end = match.span()
        names = ", ".join(dict.fromkeys(filter(None, map(emoji_name, _EMOJI.findall(match.group())))))
        if names:
            while start > over and text[start - 1] == " ":
                start -= 1
            while text.startswith(" ", end):
                end += 1
            names = _before(text, start, match.start()) + names + _after(text, end)
        yield start, end, names
        over = end


def _before(text: str, start: int, emoji: int) -> str:
    last = text[start - 1] if start else "\n"
    if last == "\n" or (start == emoji and last in _QUOTES_BEFORE):
        return ""
    return ", " if last.isalnum() or last in _QUOTES_BEHIND else " "


def _after(text: str, end: int) -> str:
    following = text[end : end + 1] or "\n"
    if following == "\n" or following in _QUOTES_BEHIND + _STOPS:
        return ""
    return ", " if following.isalnum() or following in _QUOTES_BEFORE else " "
