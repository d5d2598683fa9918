"""Every word of a text gets phonemes of the voices' vocabulary, or is named as unspeakable."""

from __future__ import annotations

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exceptions import GenerationError, InvalidRequestError
from speech.engines.embedded import phonemes as module
from speech.engines.embedded.phonemes import Phonemiser
from speech.text.clean import clean
from speech.text.spoken import spoken_form

DATA = Path(module.__file__).parent / "data"
SYMBOLS = frozenset(json.loads((DATA / "vocab.json").read_text("utf-8"))["vocab"])
LEXICON: dict[str, str] = json.loads((DATA / "lexicon_en.json").read_text("utf-8"))
SILENT = frozenset(' ;:,.!?—…"()“”ˈˌ')

WHO = ["Dr. Siobhan O'Neill", "Zoë", "the CEO of IBM", "José Muñoz", "St. John", "Mr. Nguyen", "her mother-in-law"]
DID = ["paid $3.50 for", "weighed 5kg of", "didn’t like", "sold 1,250", "e-mailed me@foo.org about", "mis-heard"]
WHAT = [
    "café crèmes",
    "GPUs",
    "A4 paper/envelopes",
    "the 10-20 ‘best’ ideas",
    "Chapter IV",
    "naïve C++ code",
    "3½ pies",
]
WHEN = ["at 7:45 p.m.", "on 3/14/2024", "in the '90s", "from 10:30–11:45", "24/7 (or less)", "on Oct. 3rd, 1905!"]
SENTENCES = [" ".join(parts) for parts in itertools.product(WHO, DID, WHAT, WHEN)][::5]


@pytest.fixture(scope="module")
def phonemiser() -> Phonemiser:
    return Phonemiser()


def sounds(phonemes: str) -> list[str]:
    return ["".join(symbol for symbol in word if symbol not in SILENT) for word in phonemes.split()]


def test_there_are_enough_sentences() -> None:
    assert len(SENTENCES) >= 300


@pytest.mark.parametrize("language", ["en-US", "en-GB"])
def test_each_word_of_varied_sentences_is_heard(phonemiser: Phonemiser, language: str) -> None:
    for sentence in SENTENCES:
        spoken = spoken_form(sentence, language)
        heard = sounds(phonemiser.phonemes(spoken, language))
        assert all(heard), spoken
        assert len(heard) >= len(spoken.split()), spoken
        assert phonemiser.unspeakable(spoken, language) == ()


@pytest.mark.parametrize(
    ("text", "phonemes"),
    [
        ("Hello, world!", "həlˈO, wˈɜɹld!"),
        ("“Yes” — (no)…", "“jˈɛs” — (nˈO)…"),
        ("naïve café", "nɑˈiv kæfˈA"),
        ("Siobhan's", "ʃəvˈɔnz"),
        ("SIOBHAN", "ʃəvˈɔn"),
        ("vitamin A, plan A", "vˈITəmən ˈA, plˈæn ˈA"),
        ("once upon a time", "wˈʌns əpˈɑn ɐ tˈIm"),
        ("hello😀world", "həlˈO wˈɜɹld"),
        ("and/or", "ænd ɔɹ"),
        ("one,two;three", "wˈʌn, tˈu; θɹˈi"),
        ("ＡＢＣ", "ˌAbˌisˈi"),
        ("", ""),
        ("... 😀 — \u0301", ""),
    ],
)
def test_examples(phonemiser: Phonemiser, text: str, phonemes: str) -> None:
    assert phonemiser.phonemes(text, "en-US") == phonemes


@pytest.mark.parametrize(
    ("text", "like"),
    [
        ("10:30", "ten: thirty"),
        ("7:45", "seven: forty five"),
        ("5kg", "five keg"),
        ("3/4", "three four"),
        ("x_y", "x y"),
        ("½", "one two"),
        ("٣", "three"),
    ],
)
def test_what_the_dictionary_swallows_is_read_in_parts(phonemiser: Phonemiser, text: str, like: str) -> None:
    assert phonemiser.phonemes(text, "en-US") == phonemiser.phonemes(like, "en-US")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("中文 and Привет", ("中文", "Привет")),
        ("abc日本", ("日本",)),
        ("สวัสดี ok", ("สวัสดี",)),
        ("ok 日", ("日",)),
    ],
)
def test_foreign_words_are_named(phonemiser: Phonemiser, text: str, words: tuple[str, ...]) -> None:
    assert phonemiser.unspeakable(text, "en-US") == words
    with pytest.raises(GenerationError, match=words[0]) as caught:
        phonemiser.phonemes(text, "en-US")
    assert caught.value.detail == {"words": list(words)}


def test_other_languages_are_refused_by_name(phonemiser: Phonemiser) -> None:
    with pytest.raises(InvalidRequestError, match="fr-FR"):
        phonemiser.phonemes("bonjour", "fr-FR")


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=20))
def test_any_text_gives_known_symbols_or_names_its_words(text: str) -> None:
    text = clean(text)
    unspeakable = SHARED.unspeakable(text, "en-US")
    if unspeakable:
        assert all(word and word in text for word in unspeakable)
        return
    found = SHARED.phonemes(text, "en-US")
    assert SYMBOLS.issuperset(found)
    if any(c.isascii() and c.isalnum() for c in text):
        assert any(sounds(found))


SHARED = Phonemiser()


def test_the_lexicon_uses_the_voices_symbols_and_is_used(phonemiser: Phonemiser) -> None:
    assert all(SYMBOLS.issuperset(entry) and "ˈ" in entry for entry in LEXICON.values())
    assert [word for word, entry in LEXICON.items() if phonemiser.phonemes(word, "en-US") != entry] == []


def test_a_text_of_any_length_is_read(phonemiser: Phonemiser) -> None:
    assert len(sounds(phonemiser.phonemes("word " * 5000, "en-US"))) == 5000


def test_threads_share_one_phonemiser() -> None:
    shared = Phonemiser()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: shared.phonemes(text, "en-US"), ["Hello world, Zyxwv."] * 64))
    assert len(set(found)) == 1
