"""Cleaning keeps every letter, joins nothing that was apart and can be repeated."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.text.clean import clean

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("one\n \n\t\n\ntwo", "one\n\ntwo"),
        ("one\u2029two", "one\n\ntwo"),
        ("  a \u00a0\u2003 b\t\tc  ", "a b c"),
        ("\ufefftext", "text"),
        ("zero\u200bwidth\u00adsoft\u2060", "zerowidthsoft"),
        ("nul\x00inside", "nul inside"),
        ("don\x92t \x93quote\x94", "don’t “quote”"),
        ("cafe\u0301", "café"),
        ("e\u200b\u0301", "é"),
        ("lone \ud800 here", "lone \ufffd here"),
        ("pair \ud83d\ude00 here", "pair 😀 here"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("ab\u200dcd", "abcd"),
        ("", ""),
        (" \n\n ", ""),
    ],
)
def test_examples(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


@given(ANY_TEXT)
def test_no_letter_or_digit_is_lost(text: str) -> None:
    # C1 controls are read as the Windows-1252 characters they come from, some of which are letters.
    text = "".join(c for c in text if not "\x80" <= c <= "\x9f")
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert letters(clean(text)) == letters(joined)


def letters(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if c.isalnum())


@given(ANY_TEXT)
def test_is_idempotent(text: str) -> None:
    once = clean(text)
    assert clean(once) == once


@given(ANY_TEXT)
def test_result_is_well_formed(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert unicodedata.is_normalized("NFC", cleaned)
    assert "\r" not in cleaned and "  " not in cleaned and "\n\n\n" not in cleaned
    assert cleaned == cleaned.strip()
    assert not any(unicodedata.category(c) == "Cc" and c != "\n" for c in cleaned)
