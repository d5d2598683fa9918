"""Reference numbers go; numbers that mean something stay."""

from __future__ import annotations

import pytest
from hypothesis import given

from speech.text.references import remove_references
from tests.speech.text.strategies import TEXTS


@pytest.mark.parametrize(
    ("written", "result"),
    [
        ("end of sentence.12 Next", "end of sentence. Next"),
        ("the end.12", "the end."),
        ("Go!3 Now?4", "Go! Now?"),
        ("a list.1,2 Next", "a list. Next"),
        ("a list.1–3 Next", "a list. Next"),
        ("He said “Yes.”12 Then", "He said “Yes.” Then"),
        ('He said "Yes."12 Then', 'He said "Yes." Then'),
        ("(Smith)12 said", "(Smith) said"),
        ("a word,12 then", "a word, then"),
        ("text[3]", "text"),
        ("text [3, 4] more", "text more"),
        ("text[12–14].", "text."),
        ("text.[1][2] More", "text. More"),
        ("in 2020 [3]", "in 2020"),
        ("word¹² and", "word and"),
        ("word¹,² and", "word and"),
        ("word¹, and", "word, and"),
        ("it² and us¹", "it and us"),
        ("term,² and “x”³ so", "term, and “x” so"),
        ("文字¹。", "文字。"),
        ("the U.S.12 Then", "the U.S. Then"),
    ],
)
def test_references_go(written: str, result: str) -> None:
    assert remove_references(written) == result


@pytest.mark.parametrize(
    "text",
    [
        "(5)",
        "version 2.0",
        "3.5",
        "2,5 kg",
        "3,4,5 and 1,2 then",
        "at 7.",
        "$5",
        "m²",
        "5m² of",
        "E=mc²",
        "x² x⁴ 10⁻³",
        "km² cm³ in² sin² s⁻¹ Ca²⁺",
        "'90s",
        "the '90 car",
        "class of ’99",
        "chapter '12' ",
        'a "12 inch" thing',
        "No.5 is",
        "p.12 says",
        "Fig.3",
        "see vol.2 and",
        "libfoo.so.6 is",
        "log.1 is",
        "v.2 Next",
        "plan b.2 Next",
        "at 5 p.m.3 Next",
        "[1] Smith",
        "a\n[3] b",
        "in [2020] he",
        "a[0]",
        "x [5](http://a)",
        "(555)123 4567",
        "6'2 tall",
        "[pause:1s]",
        "[voice:a.12 b]",
        "end.1984 Next",
        ".5 of it",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert remove_references(text) == text


@given(TEXTS)
def test_only_digits_go_and_twice_is_once(text: str) -> None:
    once = remove_references(text)
    kept = iter(text)
    assert all(character in kept for character in once)
    assert [c for c in once if c.isalpha()] == [c for c in text if c.isalpha()]
    assert remove_references(once) == once
