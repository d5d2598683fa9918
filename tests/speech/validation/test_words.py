"""Words of a text and their correspondence between its written and its spoken form."""

from hypothesis import given
from hypothesis import strategies as st

from speech.validation.words import corresponding_blocks, is_letter, primary, word_spans


def words(text: str, language: str = "en") -> list[str]:
    return [text[start:end] for start, end in word_spans(text, language)]


def test_punctuation_stays_with_its_word() -> None:
    assert words('"Well," she said - twice.') == ['"Well,"', "she", "said", "twice."]


def test_signs_that_are_spoken_are_words() -> None:
    assert words("5 % & more") == ["5", "%", "&", "more"]


def test_unspaced_languages_count_characters() -> None:
    assert words("東京は、広い。", "ja") == ["東", "京", "は、", "広", "い。"]


@given(st.text())
def test_no_letter_is_outside_a_word(text: str) -> None:
    for language in ("en", "zh"):
        inside = {i for start, end in word_spans(text, language) for i in range(start, end)}
        assert all(i in inside for i, c in enumerate(text) if is_letter(c) and not c.isspace())


def test_primary_subtag() -> None:
    assert primary("en-GB") == primary("EN_us") == "en"


@given(st.lists(st.sampled_from(["a", "b,", "C", "3"]), max_size=7), st.lists(st.sampled_from("abc3"), max_size=7))
def test_blocks_cover_both_lists_in_order(left: list[str], right: list[str]) -> None:
    blocks = corresponding_blocks(left, right)

    assert [word for block, _ in blocks for word in left[block]] == left
    assert [word for _, block in blocks for word in right[block]] == right


def test_equal_words_correspond_whatever_their_case_and_signs() -> None:
    blocks = corresponding_blocks(["Costs", "three", "dollars."], ["costs", "$3."])

    assert blocks == [(slice(0, 1), slice(0, 1)), (slice(1, 3), slice(1, 2))]
