"""Sentence splitting loses nothing and does not depend on where a window of the text ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.text.sentences import SentenceSplitter, SentencexSplitter
from tests.support.timing import seconds

SPLITTER = SentencexSplitter()


def test_follows_the_protocol() -> None:
    assert isinstance(SPLITTER, SentenceSplitter)


@pytest.mark.parametrize(
    ("text", "language", "sentences"),
    [
        ("Dr. Smith came at 5 p.m. and left. He slept.", "en-US", 2),
        ("It cost $3.50. Why? Because!", "en-GB", 3),
        ('"Really? Yes!" she said. He nodded.', "en", 2),
        ("你好。今天很好！是吗？", "zh-CN", 3),
        ("Er kam z. B. am 5. Mai. Dann ging er.", "de-DE", 2),
        ("", "en", 0),
    ],
)
def test_finds_sentence_ends(text: str, language: str, sentences: int) -> None:
    parts = SPLITTER.split(text, language)
    assert len(parts) == sentences
    assert "".join(parts) == text


@given(st.text(max_size=300), st.sampled_from(["en-US", "zh", "th", "xx", ""]))
def test_loses_nothing(text: str, language: str) -> None:
    assert "".join(SPLITTER.split(text, language)) == text


def test_a_lone_surrogate_does_not_raise() -> None:
    assert SPLITTER.split("a \ud800 b. C d.", "en") == ["a \ud800 b. C d."]


def test_windows_do_not_cut_sentences() -> None:
    sentence = "The rain in Spain stays mainly in the plain, says Mr. Higgins to Eliza. "
    text = (sentence * 300).strip()
    assert [part.strip() for part in SPLITTER.split(text, "en")] == [sentence.strip()] * 300


def test_what_never_ends_is_cut_between_words() -> None:
    text = "hello wörld " * 2_000
    parts = SPLITTER.split(text, "en")
    assert "".join(parts) == text
    assert all(part.endswith(" ") and 1_000 < len(part) <= 4_000 for part in parts[:-1])


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "你好。" * 30_000,
        "Hello there. " * 8_000,
        "\n" * 50_000,
        "“" * 100_000,
        "`a" * 50_000,
        "![a](" * 20_000,
    ],
)
def test_is_fast_on_long_texts(text: str) -> None:
    assert seconds(lambda: SPLITTER.split(text, "en")) < 1
    assert "".join(SPLITTER.split(text, "en")) == text
