"""Letters with stops are read as letters, and sentences still end where they did."""

from __future__ import annotations

import pytest
from hypothesis import given

from speech.text.chunks import split_chunks
from speech.text.dot_letters import fix_dot_letters
from speech.text.spoken import spoken_form
from tests.speech.text.strategies import TEXTS, letters


@pytest.mark.parametrize(
    ("written", "result"),
    [
        ("J.R.R. Tolkien", "J R R Tolkien"),
        ("J.R.R.Tolkien", "J R R Tolkien"),
        ("j.r.r. tolkien", "j r r tolkien"),
        ("А.С. Пушкин", "А С Пушкин"),
        ("He met J.R.R. Then he left.", "He met J R R. Then he left."),
        ("in the U.S. “Yes”", "in the U S. “Yes”"),
        ("made in the U.S.A.", "made in the U S A."),
        ("(made in the U.S.A.)\n\nNext", "(made in the U S A.)\n\nNext"),
        ("the U.S.A.?", "the U S A?"),
        ("the U.S.A., and", "the U S A, and"),
        ("the U.S.A today", "the U S A today"),
        ("J.R...", "J R..."),
        ("J.R.'s cat", "J R's cat"),
        ("P.S. I love you", "P S. I love you"),
    ],
)
def test_letters_are_set_apart(written: str, result: str) -> None:
    assert fix_dot_letters(written) == result


@pytest.mark.parametrize(
    "text",
    [
        "x.com",
        "plan b.",
        "plan b. Next",
        "e.g. this",
        "i.e. that",
        "5 a.m. to 6 p.m.",
        "a.b.com",
        "www.a.b.c",
        "Ph.D.",
        "z.B. so",
        "3.5.",
        "v1.2.3",
        "我.你.",
        "J. K. Rowling",
        "[voice:J.R.]",
        "A.B.1",
        "a.b.c.example.org",
    ],
)
def test_others_stay(text: str) -> None:
    assert fix_dot_letters(text) == text


@pytest.mark.parametrize(
    "text",
    ["the U.S. Army", "Washington, D.C. is hot.", "at 7:45 p.m. we ate", "J.R.R. Tolkien", "e.g. apples", "a.k.a. Bob"],
)
def test_the_spoken_form_is_the_same_as_without_the_rule(text: str) -> None:
    assert spoken_form(fix_dot_letters(text)) == spoken_form(text)


def test_sentences_still_end() -> None:
    pieces = split_chunks(fix_dot_letters("He met J.R.R. Then he left."), language="en", limit=300, minimum=0)
    assert [piece.text for piece in pieces] == ["He met J R R.", "Then he left."]


@given(TEXTS)
def test_no_letter_is_lost_and_twice_is_once(text: str) -> None:
    once = fix_dot_letters(text)
    assert letters(once) == letters(text)
    assert fix_dot_letters(once) == once
