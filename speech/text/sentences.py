"""Cuts a paragraph into sentences, losing nothing, in time proportional to its length."""

from __future__ import annotations

from typing import Final, Protocol, runtime_checkable

_WINDOW: Final = 4000
"""Characters given to sentencex at once; its cost per call grows with the square of non-ASCII text."""


@runtime_checkable
class SentenceSplitter(Protocol):
    """Finds sentence ends."""

    def split(self, text: str, language: str) -> list[str]:
        """Cut `text` after each sentence, so that ``"".join(parts) == text``.

        Args:
            text: one paragraph.
            language: BCP 47 tag.
        """
        ...


class SentencexSplitter:
    """Sentence ends by Wikimedia's sentencex, which knows the abbreviations of some 240 languages."""

    def split(self, text: str, language: str) -> list[str]:
        """Cut `text` after each sentence, so that ``"".join(parts) == text``."""
        parts: list[str] = []
        start, width = 0, _WINDOW
        while start < len(text):
            window = text[start : start + width]
            found = _segment(window, language)
            if start + width < len(text):
                if len(found) == 1:
                    width *= 2
                    continue
                # The window's last sentence may go on after its end.
                found.pop()
            parts.extend(found)
            start += sum(map(len, found))
            width = _WINDOW
        return parts


def _segment(text: str, language: str) -> list[str]:
    from sentencex import segment

    try:
        found: list[str] = list(segment(language.partition("-")[0].lower(), text))
    except UnicodeEncodeError:  # lone surrogates, which `clean` removes
        return [text]
    return found if "".join(found) == text else [text]
