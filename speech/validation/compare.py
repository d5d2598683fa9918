"""Compares what was heard with what should be heard, in a spelling that ignores how words are written."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from speech.validation.words import primary, word_spans

Edit = tuple[Literal["same", "replaced", "missing", "extra"], str, str]


@dataclass(frozen=True)
class Comparison:
    """Word by word difference of two texts after normalisation.

    Attributes:
        expected: number of expected words.
        edits: in order: kind, expected word or "", heard word or "".
    """

    expected: int
    edits: tuple[Edit, ...]

    @property
    def errors(self) -> int:
        """Words replaced, missing or extra."""
        return sum(edit[0] != "same" for edit in self.edits)

    @property
    def wer(self) -> float:
        """Word error rate: errors by expected words; 0 if both are empty, 1 or more if all is wrong."""
        return self.errors / max(1, self.expected)


def compare(expected: Sequence[str], heard: str, language: str) -> Comparison:
    """Compare a transcript with each accepted spelling of the text and keep the closest.

    Args:
        expected: spellings of the same text, e.g. written and spoken; at least one.
        heard: free transcript.
        language: BCP 47 tag.
    """
    words = normal_words(heard, language)
    compared = [difference(normal_words(text, language), words) for text in expected]
    return min(compared, key=lambda comparison: comparison.wer)


def difference(expected: Sequence[str], heard: Sequence[str]) -> Comparison:
    """Fewest edits that turn `expected` into `heard` (Levenshtein over words).

    Words that only the choice of joining keeps apart ("sugar bowl" and "sugarbowl") count as the same.
    """
    rows = [[0] * (len(heard) + 1) for _ in range(len(expected) + 1)]
    for i in range(len(expected) + 1):
        for j in range(len(heard) + 1):
            if i == 0 or j == 0:
                rows[i][j] = i + j
                continue
            swap = rows[i - 1][j - 1] + (expected[i - 1] != heard[j - 1])
            rows[i][j] = min(swap, rows[i - 1][j] + 1, rows[i][j - 1] + 1, _joined(rows, expected, heard, i, j))
    return Comparison(len(expected), tuple(_trace(rows, expected, heard)))


def _joined(rows: list[list[int]], expected: Sequence[str], heard: Sequence[str], i: int, j: int) -> int:
    best = len(expected) + len(heard)
    if i > 1 and expected[i - 2] + expected[i - 1] == heard[j - 1]:
        best = rows[i - 2][j - 1]
    if j > 1 and heard[j - 2] + heard[j - 1] == expected[i - 1]:
        best = min(best, rows[i - 1][j - 2])
    return best


def _trace(rows: list[list[int]], expected: Sequence[str], heard: Sequence[str]) -> list[Edit]:
    edits: list[Edit] = []
    i, j = len(expected), len(heard)
    while i or j:
        cost = rows[i][j]
        if i and j and cost == rows[i - 1][j - 1] + (expected[i - 1] != heard[j - 1]):
            same = expected[i - 1] == heard[j - 1]
            edits.append(("same" if same else "replaced", expected[i - 1], heard[j - 1]))
            i, j = i - 1, j - 1
        elif i and cost == rows[i - 1][j] + 1:
            edits.append(("missing", expected[i - 1], ""))
            i -= 1
        elif j and cost == rows[i][j - 1] + 1:
            edits.append(("extra", "", heard[j - 1]))
            j -= 1
        elif i > 1 and expected[i - 2] + expected[i - 1] == heard[j - 1]:
            edits.append(("same", f"{expected[i - 2]} {expected[i - 1]}", heard[j - 1]))
            i, j = i - 2, j - 1
        else:
            edits.append(("same", expected[i - 1], f"{heard[j - 2]} {heard[j - 1]}"))
            i, j = i - 1, j - 2
    edits.reverse()
    return edits


def normal_words(text: str, language: str) -> list[str]:
    """Words of `text` in a spelling in which equal speech is equal text."""
    normalise = _english() if primary(language) == "en" else _plain
    normal = normalise(text)
    return [normal[start:end] for start, end in word_spans(normal, language)]


@functools.lru_cache(maxsize=1)
def _english() -> Callable[[str], str]:
    from whisper_normalizer.english import EnglishTextNormalizer

    library = EnglishTextNormalizer()

    def normalise(text: str) -> str:
        return _after(str(library(_before(text))))

    return normalise


_BEFORE = (
    (re.compile(r"[\[\]()<>]"), " "),  # the library deletes what stands in brackets; here it is spoken
    (re.compile(r"[‘’ʼ]"), "'"),
    (re.compile(r"(?<=\w)[-‐‑–—/](?=\w)"), " "),  # "well-known" and "well known"
    (re.compile(r"\b(\d{1,2}):00\b"), r"\1"),
    (re.compile(r"\b(\d{1,2}):0(\d)\b"), r"\1 oh \2"),
    (re.compile(r"\b(\d{1,2}):(\d\d)\b"), r"\1 \2"),
    (re.compile(r"\b([ap])\.\s?m\b\.?", re.IGNORECASE), r"\1m"),
    (re.compile(r"\b([ap]) m\b", re.IGNORECASE), r"\1m"),
    # "U.S.", "F B I": letters said one by one are one word
    (re.compile(r"\b(?:[A-Z]\.){2,}"), lambda match: match.group().replace(".", "")),
    (re.compile(r"\b[A-Z](?: [A-Z])+\b"), lambda match: match.group().replace(" ", "")),
    (re.compile(r"\betc\b\.?", re.IGNORECASE), "et cetera"),
    (re.compile(r"\be\.g\.?", re.IGNORECASE), "for example"),
    (re.compile(r"\bi\.e\.?", re.IGNORECASE), "that is"),
    (re.compile(r"\bvs\b\.?", re.IGNORECASE), "versus"),
    (re.compile(r"(?<=\w)@(?=\w)"), " at "),
    (re.compile(r"(?<=\w)\.(?=(?:com|org|net|edu|gov|io)\b)", re.IGNORECASE), " dot "),
)
"""Spellings that whisper-normalizer 0.1.15 leaves apart or gets wrong, made equal before it."""


def _before(text: str) -> str:
    for pattern, replacement in _BEFORE:
        text = pattern.sub(replacement, text)
    return text


_AFTER = (
    (re.compile(r"\b(\d+)(?:st|nd|rd|th)\b"), r"\1"),  # "May 4" and "May 4th" are read alike
    (re.compile(r"\bone\b"), "1"),
    (re.compile(r"(?<=\d)\.(?=\d)"), ""),  # clock times are heard as "6.30" too
)


def _after(text: str) -> str:
    for pattern, replacement in _AFTER:
        text = pattern.sub(replacement, text)
    return text.strip()


def _plain(text: str) -> str:
    """Lower case without punctuation, for languages that have no normaliser of their own."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c if unicodedata.category(c)[0] in "LNM" or c.isspace() else " " for c in folded)
