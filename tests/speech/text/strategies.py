"""Texts for the property tests of the rules, and what holds for them."""

from __future__ import annotations

from hypothesis import strategies as st

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=80)
_WORDS = [
    "a",
    "B",
    "I",
    "word",
    "Next",
    "um",
    "aaaa",
    "U.S.",
    "J.",
    "e.g.",
    "www.x.Com",
    "1",
    "12",
    "3.5",
    "你",
    "\u0e01",
]
_SIGNS = [
    " ",
    " ",
    " ",
    "\n",
    "\n\n",
    *".,!?…:;'’\"“”()[]<>_*#|`~-—+=&\\",
    "!!",
    "**",
    "# ",
    "> ",
    "- ",
    "1. ",
    "---",
    "```",
]
_CONSTRUCTS = ["[3]", "[12]", "[^1]", "[x](y)", "![", "](", "<b>", "<br>", "</p>", "&amp;", "²", "¹²", "m²", "［", "！"]
_MARKS = ["[pause:1s]", "[laugh]", "[sigh]", "[voice:An na]", "[/voice]", "[pause:x]"]
_EMOJI = ["😀", "👍🏽", "🇩🇪", "1\ufe0f\u20e3", "❤", "©\ufe0f", "👩\u200d🚒"]
_ODD = ["\u0323", "\u200d", "\ufdd0", "\ufdef", "\ufe0f", "\ud800", "\x00", "\u202e"]

MARKED_UP = st.lists(st.sampled_from(_WORDS + _SIGNS + _CONSTRUCTS + _MARKS + _EMOJI + _ODD), max_size=25).map("".join)
"""Texts in which the rules find much to do."""

TEXTS = ANY_TEXT | MARKED_UP

LONG = [
    "The quick *brown* fox [3] jumped, over J.R.R. lazy dogs.12 And 😀 then! [pause:1s] ",
    "a",
    "[laugh]",
    "[pause:",
    "**a*_b_ ",
    "`",
    "“",
    "![a](",
    "- a\n",
    "|a|b|\n|-|-|\n",
    "😀",
    "🇩",
    "A.",
    "!?",
    "你好。",
    "\\*",
    "<b ",
    "\t ",
]
"""Texts to repeat: ordinary ones, and those that cost a careless rule the square of their length."""


def letters(text: str) -> str:
    """The letters and digits of `text`."""
    return "".join(character for character in text if character.isalnum())
