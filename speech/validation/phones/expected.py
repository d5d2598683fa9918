"""The phones that an English text lets expect, for each word in every pronunciation that the recogniser may hear."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from speech.engines.embedded.phonemes import english_phonemiser
from speech.validation.phones.alphabet import dictionary_phones
from speech.validation.phones.costs import Phones
from speech.validation.words import word_spans

_EDGES: Final = "\"'“”‘’«»()[]{}.,;:!?…-–—"


@dataclass(frozen=True)
class ExpectedWord:
    """A word of the text and its pronunciations, at least one."""

    text: str
    pronunciations: tuple[Phones, ...]


class ExpectedPhones:
    """Looks words up in the pronouncing dictionary, which it loads at the first use; thread-safe."""

    def words(self, text: str) -> tuple[ExpectedWord, ...]:
        """The words of `text`, in spoken form, that have a sound.

        Where the dictionary writes more or fewer words than the text has, only its own pronunciations are known.
        """
        spoken = [
            phones
            for part in english_phonemiser().phonemes(text, "en-US").split(" ")
            if (phones := dictionary_phones(part))
        ]
        written = [text[start:end].strip(_EDGES) for start, end in word_spans(text, "en")]
        if len(written) != len(spoken):
            return tuple(ExpectedWord("", (phones,)) for phones in spoken)
        return tuple(
            ExpectedWord(word, _pronunciations(word.lower().replace("’", "'"), phones))
            for word, phones in zip(written, spoken, strict=True)
        )


@functools.lru_cache(maxsize=1)
def spellings() -> Mapping[str, Phones]:
    """Words that the recogniser was taught to hear otherwise than the dictionary says, such as "one" by its letters."""
    text = (files("speech.validation.phones") / "data" / "spellings.json").read_text(encoding="utf-8")
    return {word: tuple(phones.split(" ")) for word, phones in json.loads(text).items()}


def _pronunciations(word: str, phones: Phones) -> tuple[Phones, ...]:
    """The dictionary's, the breathed "wh" of older dictionaries, by which the recogniser was taught, and its own."""
    found = [phones]
    if word.startswith("wh") and phones[0] == "w":
        found.append(("h", *phones))
    if word in spellings():
        found.append(spellings()[word])
    return tuple(dict.fromkeys(found))
