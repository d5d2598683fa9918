"""Takes a text as it is written and gives out its sentences as soon as they are complete."""

from __future__ import annotations

from speech.text.sentences import SentenceSplitter, SentencexSplitter


class SentenceFeed:
    """Nothing is lost: all that was given out, joined, is all that was taken in, but for white space.

    Args:
        language: BCP 47 tag.
        splitter: finds sentence ends; sentencex by default.
    """

    def __init__(self, language: str = "en", splitter: SentenceSplitter | None = None) -> None:
        self._language = language
        self._splitter = splitter or SentencexSplitter()
        self._held = ""

    @property
    def held(self) -> int:
        """Characters that wait for the end of their sentence."""
        return len(self._held)

    def add(self, text: str) -> list[str]:
        """Take the next piece of the text; the sentences that are complete with it.

        A sentence is complete when another begins behind it, or at the end of a line: until then its full stop may
        belong to an abbreviation or a number.
        """
        self._held += text
        *lines, last = self._held.split("\n")
        *complete, self._held = self._splitter.split(last, self._language) or [""]
        return [sentence.strip() for sentence in [*lines, *complete] if sentence.strip()]

    def flush(self) -> list[str]:
        """What is held, complete or not."""
        rest, self._held = self._held.strip(), ""
        return [rest] if rest else []
