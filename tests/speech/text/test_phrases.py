"""Phrases are found whole, longest first, and never across what is protected."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.text.phrases import Phrases, fold, possessive_end
from tests.speech.text.strategies import TEXTS


def found(phrases: list[str], text: str) -> list[str]:
    return [text[start:end] for start, end, _ in Phrases(phrases).find(text)]


@pytest.mark.parametrize(
    ("phrases", "text", "places"),
    [
        (["um", "um um"], "Um um um", ["Um um", "um"]),
        (["um"], "sum um_ 1um um1 (um)", ["um", "um"]),
        (["c++"], "C++ c++11 xc++", ["C++", "c++"]),
        (["don't"], "DON’T don'ts", ["DON’T"]),
        (["x"], "x's x'll x’", ["x", "x"]),
        (["'s"], "x's", ["'s"]),
        (["a b"], "a\nb a  b a\u00a0b", ["a\nb", "a\u00a0b"]),
        (["カタ", "ไทย"], "カタカナ ภาษาไทย", ["カタ", "ไทย"]),
        (["é"], "e\u0301 é", ["é"]),
        (["ΣΑΣ"], "σας", ["σας"]),
        ([""], "a", []),
        ([], "a", []),
    ],
)
def test_find(phrases: list[str], text: str, places: list[str]) -> None:
    assert found(phrases, text) == places


def test_an_exact_phrase_is_found_as_written_only() -> None:
    assert list(Phrases(["us"], ["US"]).find("us US Us")) == [(0, 2, "us"), (3, 5, "US"), (6, 8, "us")]


def test_a_protected_span_may_be_covered_whole() -> None:
    text = "a [b] c"
    assert list(Phrases(["a", "b", "[b]", "[b"]).find(text, [(2, 5)])) == [(0, 1, "a"), (2, 5, "[b]")]
    assert list(Phrases(["a [b", "c"]).find(text, [(2, 5)])) == [(6, 7, "c")]
    assert list(Phrases(["a [b] c"]).find(text, [(2, 5)])) == [(0, 7, "a [b] c")]


@pytest.mark.parametrize(("text", "end"), [("a's", 3), ("a’S b", 3), ("a'st", 1), ("a'", 1), ("a", 1), ("a't", 1)])
def test_possessive(text: str, end: int) -> None:
    assert possessive_end(text, 1) == end


@given(st.text())
def test_folding_keeps_the_length(text: str) -> None:
    assert len(fold(text)) == len(text)


@given(TEXTS, st.lists(st.sampled_from(["a", "word", "um", "[3]", ".", "a b", "12", "你", " "]), max_size=4))
def test_what_is_found_is_in_order_and_in_the_list(text: str, phrases: list[str]) -> None:
    position = 0
    for start, end, phrase in Phrases(phrases).find(text):
        assert start >= position
        assert fold(text[start:end]) == fold(phrase)
        position = end
