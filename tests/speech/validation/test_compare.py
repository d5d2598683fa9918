"""Texts that say the same compare as equal; each kind of difference is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.validation.compare import compare, difference, normal_words
from speech.validation.sounds import distance, skeleton, sound_errors

WORDS = st.lists(st.sampled_from(["alpha", "beta", "gamma", "delta", "sugar", "bowl", "sugarbowl"]), max_size=8)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The ticket costs $3.50 at the door.", "the ticket costs three dollars and fifty cents at the door"),
        ("The play starts at 7:45 p.m. sharp.", "The play starts at seven forty-five P M sharp."),
        ("The last bus leaves at 11:05 p.m.", "The last bus leaves at eleven oh five PM."),
        ("Dr. Smith met Mrs. Jones.", "Doctor Smith met Missus Jones"),
        ("It's 15% more.", "It is fifteen percent more"),
        ("She was born on March 3rd, 1998.", "She was born on March third, nineteen ninety-eight."),
        ("The F B I and the C I A refused.", "The FBI and the CIA refused."),
        ("Send it to info@garden.org.", "Send it to info at garden dot org"),
        ("A well-known colour.", "A well known color"),
        ("Bring a snack, e.g. an apple.", "Bring a snack, for example an apple"),
        ("Arsenal vs. Liverpool", "Arsenal versus Liverpool"),
    ],
)
def test_spellings_of_the_same_speech_are_equal(one: str, other: str) -> None:
    assert compare([one], other, "en").errors == 0


def test_text_in_brackets_is_speech() -> None:
    assert compare(["Wait (a little) here."], "Wait here.", "en").errors == 2


def test_closest_accepted_spelling_counts() -> None:
    comparison = compare(["Gate B twelve", "Gate B12"], "Gate B12.", "en")

    assert comparison.wer == 0


@pytest.mark.parametrize(
    ("heard", "edits"),
    [
        ("the cat sat", []),
        ("the sat", [("missing", "cat", "")]),
        ("the cat cat sat", [("extra", "", "cat")]),
        ("the dog sat", [("replaced", "cat", "dog")]),
    ],
)
def test_each_kind_of_error_is_named(heard: str, edits: list[tuple[str, str, str]]) -> None:
    found = difference(["the", "cat", "sat"], heard.split()).edits

    assert [edit for edit in found if edit[0] != "same"] == edits


def test_joining_two_words_is_no_error() -> None:
    assert difference(["sugar", "bowl"], ["sugarbowl"]).errors == 0
    assert difference(["sugarbowl"], ["sugar", "bowl"]).errors == 0


@given(WORDS, WORDS)
def test_edits_rebuild_both_texts(expected: list[str], heard: list[str]) -> None:
    comparison = difference(expected, heard)

    assert " ".join(e for _, e, _ in comparison.edits if e).split() == expected
    assert " ".join(h for _, _, h in comparison.edits if h).split() == heard
    assert comparison.errors > 0 or "".join(expected) == "".join(heard)
    assert comparison.errors <= max(len(expected), len(heard))


@given(WORDS)
def test_a_text_equals_itself(words: list[str]) -> None:
    assert difference(words, words).wer == 0


def test_other_languages_compare_without_case_and_signs() -> None:
    assert normal_words("Grüß Gott, Herr Müller!", "de") == ["grüss", "gott", "herr", "müller"]
    assert normal_words("東京。", "ja") == ["東", "京"]


def test_mishearings_sound_alike_and_other_words_do_not() -> None:
    assert sound_errors(compare(["the birch canoe slid"], "the birch can you slid", "en")) == (0, 0)
    assert sound_errors(compare(["a cold wind"], "a bright table", "en"))[1] >= 4
    assert skeleton(["phone"]) == skeleton(["fon"])


@given(st.text("ptkfs", max_size=6), st.text("ptkfs", max_size=6))
def test_distance_is_a_metric(left: str, right: str) -> None:
    assert distance(left, right) == distance(right, left)
    assert (distance(left, right) == 0) == (left == right)
    assert abs(len(left) - len(right)) <= distance(left, right) <= max(len(left), len(right))
