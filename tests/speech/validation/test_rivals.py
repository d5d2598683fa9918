"""Rival texts: what is tried, and what it tells on scripted speech."""

import pytest

from speech.validation.backend import MAX_TEXT_TOKENS
from speech.validation.forced import closed, score_text
from speech.validation.rivals import compare_rivals, doubled, without
from tests.speech.validation.scripted import ScriptedBackend, speak

TEXT = "the quick brown fox jumps over lazy dogs"


def rivals(said: str, heard: str, text: str = TEXT) -> dict[str, float]:
    backend = ScriptedBackend(said)
    encoding = backend.encode(speak(said))
    return compare_rivals(backend, encoding, score_text(backend, encoding, closed(text), "en"), heard, "en")


def test_texts_with_a_word_less_or_twice() -> None:
    assert without("Well, it is so.", 0, "en") == "It is so."
    assert without("It is so.", 2, "en") == "It is."
    assert without("So.", 0, "en") == ""
    assert doubled("Well, it is.", 0, "en") == "Well Well, it is."
    assert doubled("It is so.", 2, "en") == "It is so so."


def test_no_rival_fits_correct_speech_better() -> None:
    found = rivals(TEXT, TEXT)

    assert found["rival_shorter"] < 0
    assert found["rival_longer"] < 0
    assert found["rival_heard"] == pytest.approx(0.0)


def test_the_text_without_the_missing_word_fits_better() -> None:
    assert rivals("the quick brown jumps over lazy dogs", "nothing")["rival_shorter"] > 2


def test_what_was_heard_fits_better_than_a_wrong_text() -> None:
    said = "the quick brown table jumps over lazy dogs"

    assert rivals(said, said)["rival_heard"] > 2


def test_transcripts_too_long_for_the_decoder_are_no_rivals() -> None:
    assert rivals(TEXT, "word " * (MAX_TEXT_TOKENS + 1))["rival_heard"] < 0


def test_a_single_word_has_no_shorter_rival() -> None:
    assert rivals("hello", "", "hello")["rival_shorter"] < 0
