"""What is left where words are taken out reads as if they had never been there."""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from speech.text.gaps import apply_edits
from tests.speech.text.strategies import TEXTS, letters


def without_um(text: str) -> str:
    return apply_edits(text, [(*match.span(), "") for match in re.finditer(r"\b[Uu]m\b", text)])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("so um yes", "so yes"),
        ("Well, um, yes", "Well, yes"),
        ("so, um yes", "so, yes"),
        ("so um, yes", "so, yes"),
        ("Um, yes", "yes"),
        ("Go. Um, yes", "Go. yes"),
        ("“Um, yes”", "“yes”"),
        ('He said "hi" um, then', 'He said "hi", then'),
        ("He said um.", "He said."),
        ("He said, um.", "He said."),
        ("He said, um", "He said"),
        ("I, um... well", "I... well"),
        ("Um. Yes. Um. No.", "Yes. No."),
        ("Um... yes", "yes"),
        ("Why? Um? No.", "Why? No."),
        ("um um um yes", "yes"),
        ("so um\nyes", "so\nyes"),
        ("so, um,\nyes", "so,\nyes"),
        ("so, um\n\nyes", "so\n\nyes"),
        ("I like um .NET", "I like .NET"),
        ("um .5 of it", ".5 of it"),
        ("(um) yes", "() yes"),
        ("one,um,two", "one,two"),
        ("um", ""),
        ("", ""),
    ],
)
def test_the_gap_closes(before: str, after: str) -> None:
    assert without_um(before) == after


@pytest.mark.parametrize(
    ("before", "word", "after"),
    [
        ("a—b", ",", "a, b"),
        ("a — b", ",", "a, b"),
        ("a—b", "or", "a or b"),
        ("a — b", "or", "a or b"),
        ("a—b", "/", "a/b"),
        ("我—你", "他", "我他你"),
    ],
)
def test_a_replacement_stands_apart(before: str, word: str, after: str) -> None:
    dash = before.index("—")
    assert apply_edits(before, [(dash, dash + 1, word)]) == after


def test_words_do_not_grow_together() -> None:
    assert apply_edits("one—two", [(3, 4, "")]) == "one two"
    assert apply_edits("我—我", [(1, 2, "")]) == "我我"


@given(TEXTS)
def test_only_what_is_taken_out_is_lost(text: str) -> None:
    spans = [match.span() for match in re.finditer(r"[a-z]+", text)]
    rest = letters(re.sub(r"[a-z]+", "", text))
    assert letters(apply_edits(text, [(*span, "") for span in spans])) == rest
