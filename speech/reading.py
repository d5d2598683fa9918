"""How a text is to be read: the rules a caller chooses, and the three forms in which a chunk of it exists."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field

from speech.engines.protocol import Capabilities
from speech.text.lower import lower_case
from speech.text.markup import split_tags, strip_tags
from speech.text.prepare import TextRules
from speech.text.pronunciations import apply_pronunciations
from speech.text.spoken import spoken_form

SHORT_SENTENCE = 20
"""Characters below which a sentence joins its neighbour: engines hurry or stumble over a lone "Yes."."""


@dataclass(frozen=True)
class ReadingRules:
    """What a caller may choose about the reading of a text.

    Attributes:
        text: rules that change what is said.
        markup: obey pauses, voices and tags in square brackets.
        pronunciations: words and how to say them.
        lower_case: give the engine small letters.
        batch: fill chunks with sentences up to the engine's limit.
        join_short: put short sentences to their neighbours.
        sentence_pause_ms: silence after a sentence.
        paragraph_pause_ms: silence after a paragraph.
        short_opening: cut the first chunks short (`speech.text.opening`), so that sound starts early.
    """

    text: TextRules = field(default_factory=TextRules)
    markup: bool = True
    pronunciations: Mapping[str, str] = field(default_factory=dict)
    lower_case: bool = True
    batch: bool = False
    join_short: bool = True
    sentence_pause_ms: int = 250
    paragraph_pause_ms: int = 600
    short_opening: bool = False


@dataclass(frozen=True)
class Forms:
    """A piece of text as it is written, as a listener hears it, and as the engine is given it."""

    text: str
    spoken: str
    read: str


class Reader:
    """Makes the forms of one text for one engine and one set of rules; remembers what it read, which is asked again.

    Attributes:
        read: what the engine is given for a text in a language.
    """

    def __init__(self, capabilities: Capabilities, rules: ReadingRules) -> None:
        self._tags = capabilities.tags if rules.markup else ()
        self._in_words = capabilities.text_form == "spoken"
        self._rules = rules
        self._spoken = functools.cache(spoken_form)
        self.read = functools.cache(self._read)

    def forms(self, text: str, language: str) -> Forms:
        """All three forms; `text` and `spoken` are without the tags that only the engine understands."""
        pronounced = apply_pronunciations(text, self._rules.pronunciations)
        return Forms(
            text=strip_tags(text, self._tags),
            spoken=self._spoken(strip_tags(pronounced, self._tags), language),
            read=self.read(text, language),
        )

    def _read(self, text: str, language: str) -> str:
        pronounced = apply_pronunciations(text, self._rules.pronunciations)
        parts = split_tags(pronounced, self._tags)  # text and tags in turn
        return "".join(part if place % 2 else self._plain(part, language) for place, part in enumerate(parts))

    def _plain(self, text: str, language: str) -> str:
        words = self._spoken(text, language) if self._in_words else text
        return lower_case(words) if self._rules.lower_case else words
