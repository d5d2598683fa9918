"""Emoji go or get names as whole sequences; signs that are text stay."""

from __future__ import annotations

import pytest
from hypothesis import given

from speech.text.emoji import treat_emoji
from speech.text.emoji_names import emoji_name
from tests.speech.text.strategies import TEXTS, letters

FAMILY = "👨\u200d👩\u200d👧"
FIREFIGHTER = "👩🏽\u200d🚒"
ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize(
    ("written", "removed", "named"),
    [
        ("Hi 😀 there", "Hi there", "Hi, grinning face, there"),
        ("Hi😀there", "Hi there", "Hi, grinning face, there"),
        ("Hi 😀.", "Hi.", "Hi, grinning face."),
        ("😀 Hi", "Hi", "grinning face, Hi"),
        ("Great! 😀 Next", "Great! Next", "Great! grinning face, Next"),
        ("Hi 😀\nnext", "Hi\nnext", "Hi, grinning face\nnext"),
        ("“😀 Hi”", "“Hi”", "“grinning face, Hi”"),
        ("a, 😀, b", "a, b", "a, grinning face, b"),
        ("wow 😀😀 🎉 so", "wow so", "wow, grinning face, party popper, so"),
        (f"a {FAMILY} b", "a b", "a, family, b"),
        (f"a {FIREFIGHTER}!", "a!", "a, woman firefighter!"),
        ("👍🏽 ok", "ok", "thumbs up, ok"),
        ("🇩🇪🇫🇷 win", "win", "flag of Germany, flag of France, win"),
        ("1\ufe0f\u20e3 First", "First", "1, First"),
        ("I ❤\ufe0f it", "I it", "I, red heart, it"),
        ("go ➡\ufe0f on", "go on", "go, rightwards arrow, on"),
        ("done ✔", "done", "done, check mark"),
        ("®\ufe0f", "®", "®"),
        ("😀", "", "grinning face"),
    ],
)
def test_emoji(written: str, removed: str, named: str) -> None:
    assert treat_emoji(written, "remove") == removed
    assert treat_emoji(written, "name") == named
    assert treat_emoji(written, "keep") == written


@pytest.mark.parametrize(
    "text",
    ["© ® ™", "1 # *", "a → b ⇒ c ↔ d", "6 × 7 ≠ ∞ ✖", "☀\ufe0e sun", "‼ ⁉ ℹ", "[voice:😀] x", "▶ ■ ★", "中文 ㊗"],
)
def test_signs_that_are_text_stay(text: str) -> None:
    assert treat_emoji(text, "remove") == text
    assert treat_emoji(text, "name") == text


@pytest.mark.parametrize(
    ("emoji", "name"),
    [
        ("😂", "face with tears of joy"),
        ("👋🏿", "waving hand"),
        ("🇺🇸", "flag of the United States"),
        ("🇽🇰", "flag of X K"),
        (ENGLAND, "flag of England"),
        ("🏳\ufe0f\u200d🌈", "rainbow flag"),
        ("🏃🏻\u200d♀\ufe0f", "woman runner"),
        ("🧑\u200d💻", "person technologist"),
        ("👩\u200d❤\ufe0f\u200d👨", "couple with heart"),
        ("👩\u200d❤\ufe0f\u200d💋\u200d👨", "kiss"),
        ("#\ufe0f\u20e3", "number sign"),
        ("🐶\u200d🐱", "dog face and cat face"),
        ("☎", "telephone"),
        ("🇦", "A"),
        ("🏽", ""),
    ],
)
def test_names(emoji: str, name: str) -> None:
    assert emoji_name(emoji) == name


@given(TEXTS)
def test_letters_stay_and_twice_is_once(text: str) -> None:
    plain = text.replace("\u20e3", "")
    once = treat_emoji(plain, "remove")
    assert letters(once) == letters(plain)
    assert treat_emoji(once, "remove") == once
    named = treat_emoji(plain, "name")
    assert treat_emoji(named, "name") == named
