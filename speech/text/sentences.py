"""Cuts a paragraph into sentences, losing nothing, in time proportional to its length."""

from __future__ import annotations

from typing import Final, Protocol, runtime_checkable

_WINDOW: Final = 4000
"""Characters given to sentencex at once; its cost per call grows with the square of text with many quotes."""

_LONGEST: Final = _WINDOW // 2
"""A sentence that goes on for longer is cut, so that every window gets on by at least as much."""


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
        start = 0
        while start < len(text):
            found = _segment(text[start : start + _WINDOW], language)
            if start + _WINDOW < len(text):
                # The window's last sentence may go on after its end.
                last = found.pop()
                if len(last) > _LONGEST:
                    found.append(last[: _cut(last)])
            parts.extend(found)
            start += sum(map(len, found))
        return parts


def _cut(text: str) -> int:
    """Where to cut what has no sentence end: behind a space, else before a letter, as late as possible."""
    for end in range(len(text), len(text) // 2, -1):
        if text[end - 1].isspace():
            return end
    for end in range(len(text) - 1, len(text) - 32, -1):
        if text[end].isalnum() and text[end - 1] != "\u200d":
            return end
    return len(text)


def _segment(text: str, language: str) -> list[str]:
    from sentencex import segment

    try:
        found: list[str] = list(segment(language.partition("-")[0].lower(), text))
    except UnicodeEncodeError:  # lone surrogates, which `clean` removes
        return [text]
    return found if "".join(found) == text else [text]
