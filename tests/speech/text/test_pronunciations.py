"""Pronunciations replace whole words, once."""

from __future__ import annotations

import pytest
from hypothesis import given

from speech.text.pronunciations import apply_pronunciations, check_pronunciations
from tests.speech.text.strategies import LONG, TEXTS
from tests.support.timing import seconds

WORDS = {"nguyen": "win", "NASA": "nassa", "McKay": "mu kai", "new york": "noo york", "york": "jork", "laugh": "laff"}


@pytest.mark.parametrize(
    ("written", "result"),
    [
        ("Nguyen's NGUYEN, nguyens", "win's win, nguyens"),
        ("nasa NASA NASA’s NASAs", "nasa nassa nassa’s NASAs"),
        ("mckay MCKAY McKay.", "mckay MCKAY mu kai."),
        ("New\nYork, York", "noo york, jork"),
        ("[laugh] laugh [voice:nguyen]", "[laugh] laff [voice:nguyen]"),
        ("d'Nguyen", "d'win"),
    ],
)
def test_words_are_replaced(written: str, result: str) -> None:
    assert apply_pronunciations(written, WORDS) == result


def test_results_are_not_replaced_again() -> None:
    assert apply_pronunciations("a b", {"a": "b", "b": "a"}) == "b a"


def test_the_exact_word_goes_first() -> None:
    assert apply_pronunciations("US us", {"us": "uss", "US": "you ess"}) == "you ess uss"


def test_scripts_without_spaces_and_with_marks() -> None:
    assert apply_pronunciations("我爱重庆吗", {"重庆": "虫庆"}) == "我爱虫庆吗"
    assert apply_pronunciations("किताब", {"क": "x"}) == "किताब"
    assert apply_pronunciations("l’Hôpital", {"hôpital": "opital"}) == "l’opital"


def test_nothing_to_do() -> None:
    assert apply_pronunciations("text", {}) == "text"
    assert apply_pronunciations("text", {"": "x", "text": " "}) == "text"


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        ({" ": "x"}, "A pronunciation has an empty word."),
        ({"a": ""}, "The pronunciation of 'a' is empty."),
        ({"--": "x"}, "The word '--' of a pronunciation has neither letters nor digits."),
        ({"a" * 101: "x"}, f"The word '{'a' * 40}' of a pronunciation is over 100 characters long."),
        ({"a": "x" * 201}, "The pronunciation of 'a' is over 200 characters long."),
        ({f"w{n}": "x" for n in range(1001)}, "There are 1001 pronunciations; at most 1000 are allowed."),
    ],
)
def test_a_bad_mapping_is_refused(mapping: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValueError) as raised:
        check_pronunciations(mapping)
    assert str(raised.value) == sentence


def test_a_good_mapping_passes() -> None:
    check_pronunciations({**WORDS, "C++": "see plus plus", "2": "two"})


@given(TEXTS)
def test_other_text_stays(text: str) -> None:
    assert apply_pronunciations(text, {"zzz": "y"}) == text


@pytest.mark.parametrize("unit", [LONG[0], "k1 ", "k1 abc "])
def test_many_words_on_long_texts_are_fast(unit: str) -> None:
    mapping = {f"k{number} abc"[: number % 60 + 3]: "x" for number in range(1000)}
    text = unit * (100_000 // len(unit))
    assert seconds(lambda: apply_pronunciations(text, mapping)) < 3
