"""The words that captions are made of, from the report on a result."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final

from speech.captions.columns import OPENING, is_unspaced
from speech.quality import ChunkQuality
from speech.validation.protocol import Word

_TRAILING_OPENERS: Final = re.compile(rf"[{re.escape(OPENING)}]+\Z")
_LETTERS_OF_A_DIGIT: Final = 4  # as long as its name
_LETTERS_OF_A_WIDE_CHARACTER: Final = 3  # about a syllable


@dataclass(frozen=True)
class CaptionWord:
    """A word as it is written, and when it is heard.

    Attributes:
        text: with its punctuation; in languages without spaces one character.
        start: seconds of the result.
        end: seconds of the result.
        chunk: index of the chunk it belongs to.
        space: whether white space stands between it and the word before.
        estimated: the times were not heard but shared out by length.
    """

    text: str
    start: float
    end: float
    chunk: int
    space: bool = True
    estimated: bool = False


def caption_words(chunks: Iterable[ChunkQuality]) -> list[CaptionWord]:
    """All that was spoken, in order; a chunk without word times is spread over its place.

    Signs that stand alone go with the word before them. A chunk that was not spoken has no words.
    """
    words: list[CaptionWord] = []
    for chunk in chunks:
        if chunk.spoken:
            words += heard_words(chunk.text, chunk.words, chunk.index) or spread_words(
                chunk.text, chunk.start, chunk.end, chunk.index
            )
    return words


def spread_words(text: str, start: float, end: float, chunk: int = 0) -> list[CaptionWord]:
    """The words of `text` shared out over a span in proportion to their letters.

    Chinese, Japanese, Thai and other texts without spaces are taken character by character.

    Args:
        text: of one chunk.
        start: seconds of the result.
        end: seconds of the result.
        chunk: its index.
    """
    parts = _parts(text, _word_starts(text))
    weights = [_letters(word) for word, _ in parts]
    per_letter = (end - start) / max(1, sum(weights))
    edges = [round(start + per_letter * done, 3) for done in accumulate(weights, initial=0)]
    return [
        CaptionWord(word, begin, finish, chunk, space, estimated=True)
        for (word, space), (begin, finish) in zip(parts, pairwise(edges), strict=True)
    ]


def heard_words(text: str, words: Sequence[Word], chunk: int = 0) -> list[CaptionWord]:
    """Each of the `words` that were heard of `text`, with the signs that stand around it there.

    Args:
        text: of one chunk.
        words: of the text, in order, with their times in the result.
        chunk: its index.
    """
    starts: list[int] = []
    position = 0
    for word in words:
        found = text.find(word.text, position)
        if found < 0:  # a validator that spells words its own way
            return [CaptionWord(word.text, word.start, word.end, chunk) for word in words]
        starts.append(found)
        position = found + len(word.text)
    parts = _parts(text, starts)
    return [
        CaptionWord(spelled, word.start, word.end, chunk, space)
        for (spelled, space), word in zip(parts, words, strict=True)
    ]


def _parts(text: str, starts: Sequence[int]) -> list[tuple[str, bool]]:
    """`text` cut at each word's start but the first, and whether white space stands there; nothing is left out.

    An opening bracket or quotation mark right before a cut goes with the word after it.
    """
    cuts = [cut - _openers_before(text, begin, cut) for begin, cut in pairwise(starts)]
    bounds = [0, *cuts, len(text)] if starts else []
    return [(text[begin:end].strip(), begin == 0 or text[begin - 1].isspace()) for begin, end in pairwise(bounds)]


def _openers_before(text: str, begin: int, cut: int) -> int:
    match = _TRAILING_OPENERS.search(text[begin:cut])
    return len(match.group()) if match and match.start() > 0 else 0


def _word_starts(text: str) -> list[int]:
    starts: list[int] = []
    for run in re.finditer(r"\S+", text):
        letters = [position for position in range(*run.span()) if text[position].isalnum()]
        starts += [run.start()] if letters else []
        starts += [here for before, here in pairwise(letters) if is_unspaced(text[before]) or is_unspaced(text[here])]
    return starts or ([0] if text.strip() else [])


def _letters(word: str) -> int:
    return max(1, sum(map(_letter_weight, word)))


def _letter_weight(character: str) -> int:
    if character.isdigit():
        return _LETTERS_OF_A_DIGIT
    if is_unspaced(character):
        return _LETTERS_OF_A_WIDE_CHARACTER
    return int(character.isalpha())
