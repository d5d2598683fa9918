"""The phones that are compared: one alphabet for what the recogniser hears and what the dictionary expects."""

from __future__ import annotations

import functools
import json
import unicodedata
from importlib.resources import files
from typing import Final

_ALIKE: Final = {
    "g": "ɡ", "r": "ɹ", "ɻ": "ɹ", "a": "ɑ", "e": "ɛ", "o": "ɔ", "ẽ": "ɛ", "õ": "ɔ", "ã": "ɑ", "ĩ": "i", "ũ": "u",
    "ɫ": "l", "ʎ": "l", "ɐ": "ə", "ɘ": "ə", "ɚ": "ɝ", "ɜ": "ɝ", "ɨ": "ɪ", "ɯ": "u", "χ": "ɹ", "ʁ": "ɹ", "β": "b",
    "ɣ": "ɡ", "ɲ": "n", "ɱ": "m", "ɒ": "ɔ", "ʉ": "u", "ɵ": "ʊ", "ɦ": "h", "x": "h", "ɸ": "f", "ʋ": "v", "c": "k",
    "ɟ": "ɡ", "ç": "h", "y": "i", "ø": "ɝ", "œ": "ɝ",
}  # fmt: skip
"""Classes from other languages, which the recogniser uses now and then, to the nearest English phone."""

_DICTIONARY: Final = {
    "A": ("eɪ",), "I": ("aɪ",), "W": ("aʊ",), "O": ("oʊ",), "Y": ("ɔɪ",), "Q": ("oʊ",), "ʤ": ("d͡ʒ",), "ʧ": ("t͡ʃ",),
    "T": ("t",), "ɾ": ("t",), "ᵊ": ("ə",), "ᵻ": ("ɪ",), "ɐ": ("ə",), "a": ("æ",), "ɒ": ("ɑ",), "ɜ": ("ɝ",),
}  # fmt: skip
"""Symbols of the pronouncing dictionary (misaki's) that stand for other phones than themselves."""


def heard_phone(name: str) -> str:
    """The phone that a class of the recogniser counts as; empty for marks, tones and controls."""
    if name.startswith("<") or (len(name) == 1 and unicodedata.category(name) not in ("Ll", "Lo")):
        return ""
    return _ALIKE.get(name, name)


@functools.lru_cache(maxsize=1)
def class_phones() -> tuple[str, ...]:
    """For each class of the recogniser its phone, in the order of the output; the last is the blank."""
    text = (files("speech.validation.phones") / "data" / "classes.json").read_text(encoding="utf-8")
    return tuple(heard_phone(name) for name in json.loads(text))


@functools.lru_cache(maxsize=1)
def phones() -> tuple[str, ...]:
    """All phones that can be heard, sorted; their places are the columns of every table of phones."""
    return tuple(sorted({phone for phone in class_phones() if phone}))


@functools.lru_cache(maxsize=1)
def phone_places() -> dict[str, int]:
    """The place of each phone in `phones`."""
    return {phone: place for place, phone in enumerate(phones())}


def dictionary_phones(symbols: str) -> tuple[str, ...]:
    """The phones of one word as the pronouncing dictionary writes it; stress and length marks go."""
    found: list[str] = []
    for symbol in symbols:
        for phone in _DICTIONARY.get(symbol, (symbol,)):
            if phone not in phone_places():
                continue
            # One sound for the recogniser, two symbols in the dictionary.
            if phone == "ɹ" and found and found[-1] in ("ɝ", "ə"):
                found[-1] = "ɝ"
            else:
                found.append(phone)
    return tuple(found)
