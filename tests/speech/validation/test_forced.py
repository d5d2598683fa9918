"""Scores of tokens become scores of words, in either form of the text."""

import numpy as np
import pytest

from speech.validation.forced import (
    ForcedScore,
    ScoredWord,
    better_form,
    closed,
    group_words,
    in_written_words,
)


def scored(text: str, log_probabilities: list[float] | None = None) -> ForcedScore:
    values = log_probabilities or [-0.1] * len(text.split())
    words = tuple(
        ScoredWord(word, float(i), i + 0.8, value, value)
        for i, (word, value) in enumerate(zip(text.split(), values, strict=True))
    )
    return ForcedScore(text, words, float(np.mean(values)), -0.1)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("Hello", "Hello."),
        ("Hello!", "Hello!"),
        (" Hello, ", "Hello."),
        ('He said "no."', 'He said "no."'),
        ('He said "no"', 'He said "no".'),
        ("Wait -", "Wait."),
    ],
)
def test_texts_end_with_a_sign(text: str, result: str) -> None:
    assert closed(text) == result


def test_tokens_make_words_and_signs_cost_nothing() -> None:
    text = "Hello, world."
    spans = [(0, 3), (3, 5), (5, 6), (6, 12), (12, 13)]
    log_probabilities = np.array([-0.2, -0.4, -9.0, -0.1, -9.0])
    times = np.array([0.1, 0.3, 0.5, 0.7, 1.1, 1.2])

    words = group_words(text, "en", spans, log_probabilities, times)

    assert [word.text for word in words] == ["Hello,", "world."]
    assert words[0].log_probability == pytest.approx(-0.3)
    assert words[0].lowest == -0.4
    assert (words[0].start, words[0].end) == (0.1, 0.5)
    assert (words[1].start, words[1].end) == (0.7, 1.1)


def test_each_stretch_takes_the_form_in_which_it_fits_better() -> None:
    spoken = scored("pay three dollars or five euros", [-0.1, -6.0, -2.0, -0.1, -0.2, -0.3])
    written = scored("pay $3 or €5", [-0.2, -0.1, -0.1, -5.0])

    better = better_form(spoken, written)

    assert [word.text for word in better.words] == ["pay", "three", "dollars", "or", "five", "euros"]
    assert [round(word.log_probability, 1) for word in better.words] == [-0.1, -0.1, -0.1, -0.1, -0.2, -0.3]
    assert better.words[1].start == spoken.words[1].start


def test_written_words_get_the_times_of_what_is_said_for_them() -> None:
    words = in_written_words(scored("pay three dollars now").words, "pay $3 now", "en")

    assert [word.text for word in words] == ["pay", "$3", "now"]
    assert [word.start for word in words] == pytest.approx([0.0, 1.0, 3.0])
    assert [word.end for word in words] == pytest.approx([0.8, 2.8, 3.8])


def test_several_written_words_share_one_stretch_by_length() -> None:
    words = in_written_words(scored("a fiver b").words, "a 12 34567 b", "en")

    assert [word.text for word in words] == ["a", "12", "34567", "b"]
    assert words[1].end == words[2].start
    assert words[1].end - words[1].start < words[2].end - words[2].start


def test_written_words_without_sound_still_appear() -> None:
    words = in_written_words(scored("one two").words, "one & two", "en")

    assert [word.text for word in words] == ["one", "&", "two"]
    assert words[1].start == words[1].end


def test_one_bad_token_of_the_written_form_counts_once() -> None:
    spoken = scored("the F B I left", [-0.1, -0.5, -9.0, -0.5, -0.1])
    written = scored("the FBI left", [-0.1, -3.0, -0.1])

    better = better_form(spoken, written)

    assert [word.log_probability for word in better.words] == pytest.approx([-0.1, -0.5, -3.0, -0.5, -0.1])
