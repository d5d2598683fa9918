"""Request fields that decide what is read out, and in which pieces."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from api_models.base import Strict
from speech.text.pronunciations import check_pronunciations
from speech.text.sound_words import parse_sound_words


class TextOptions(Strict):
    """From the text as it is sent to the chunks that are spoken; docs/text.md describes each rule."""

    voice: str = Field("", max_length=2000)
    """Name of a voice, or the URL of a recording where downloads are enabled; empty for the configured or the engine's
    first voice."""
    engine: str = Field("auto", max_length=60)
    """Engine to speak with; `auto` is the one that the configuration chose."""
    model: str = Field("auto", max_length=60)
    """Same as `engine`, for clients that speak of models; the two must not contradict each other."""
    language: str = Field("", max_length=35)
    """BCP 47 tag of the text; empty for the voice's own."""
    markup: bool = True
    """Obey `[pause:1.5s]`, `[voice:name]` and tags such as `[laugh]` in the text; off, they are read out."""
    strip_markdown: bool = True
    """Leave out the signs of Markdown (`**`, `#`, links, fences) and keep their words."""
    emoji: Literal["remove", "name", "keep"] = "remove"
    """Leave emoji out, say their names, or pass them on to the engine."""
    sound_words_field: str = Field("", max_length=50_000)
    """One rule per line: `pattern=>replacement`, or a pattern alone to remove it; whole words, any case."""
    pronunciations: dict[str, str] = Field(default_factory=dict)
    """How to say words: spelled for the engine only; reports and captions keep the word."""
    to_lowercase: bool = True
    """Give the engine small letters, but for acronyms, single letters and `I`; captions keep the capitals."""
    normalize_spacing: bool = True
    """One space between words, none before commas; repeated signs once."""
    fix_dot_letters: bool = True
    """Read `J.R.R.` as letters without full stops."""
    remove_reference_numbers: bool = True
    """Leave out footnote numbers such as the 12 in `end.12` and `[3]`."""
    enable_batching: bool = False
    """Join sentences of a paragraph up to the engine's limit instead of speaking each on its own."""
    smart_batch_short_sentences: bool = True
    """Join a sentence of fewer than 20 characters to its neighbour."""
    sentence_pause_ms: int = Field(250, ge=0, le=10_000)
    """Silence between two sentences."""
    paragraph_pause_ms: int = Field(600, ge=0, le=30_000)
    """Silence between two paragraphs (an empty line in the text)."""

    @field_validator("sound_words_field")
    @classmethod
    def _sound_words_are_rules(cls, value: str) -> str:
        parse_sound_words(value)
        return value

    @field_validator("pronunciations")
    @classmethod
    def _pronunciations_are_words(cls, value: dict[str, str]) -> dict[str, str]:
        check_pronunciations(value)
        return value
