"""Words that the user wants written as they sound, such as names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from speech.text.clean import one_line
from speech.text.gaps import apply_edits
from speech.text.markup import MARKUP
from speech.text.phrases import Phrases

MAX_ENTRIES: Final = 1000
MAX_KEY: Final = 100
MAX_VALUE: Final = 200


def check_pronunciations(mapping: Mapping[str, str]) -> None:
    """Refuse a mapping that `apply_pronunciations` cannot use.

    Raises:
        ValueError: too many entries, a key that is empty, too long or without letters and digits, or a value
            that is empty or too long; one sentence that names the key.
    """
    if len(mapping) > MAX_ENTRIES:
        raise ValueError(f"There are {len(mapping)} pronunciations; at most {MAX_ENTRIES} are allowed.")
    for key, value in mapping.items():
        if not key.strip():
            raise ValueError("A pronunciation has an empty word.")
        if not any(character.isalnum() for character in key):
            raise ValueError(f"The word {key[:40]!r} of a pronunciation has neither letters nor digits.")
        if len(key) > MAX_KEY:
            raise ValueError(f"The word {key[:40]!r} of a pronunciation is over {MAX_KEY} characters long.")
        if not value.strip():
            raise ValueError(f"The pronunciation of {key[:40]!r} is empty.")
        if len(value) > MAX_VALUE:
            raise ValueError(f"The pronunciation of {key[:40]!r} is over {MAX_VALUE} characters long.")


def apply_pronunciations(text: str, mapping: Mapping[str, str]) -> str:
    """Return `text` with every word or phrase of `mapping` replaced, in one pass, the longest first.

    Whole words only (`speech.text.phrases` has the details), in any case; a key with an upper-case letter
    beyond its first character ("NASA", "McKay") is found only as written. A possessive 's behind a word
    stays. Our own markup is not changed.

    Args:
        text: any text.
        mapping: word to pronunciation, as `check_pronunciations` allows it; empty ones are passed over.

    Example:
        >>> apply_pronunciations("Nguyen's cat", {"nguyen": "win"})
        "win's cat"
    """
    values = {one_line(key): one_line(value) for key, value in mapping.items()}
    values = {key: value for key, value in values.items() if key and value}
    if not values:
        return text
    exact = {key for key in values if any(character.isupper() for character in key[1:])}
    phrases = Phrases([key for key in values if key not in exact], exact)
    protected = [match.span() for match in MARKUP.finditer(text)]
    return apply_edits(text, [(start, end, values[key]) for start, end, key in phrases.find(text, protected)])
