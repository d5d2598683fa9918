"""Cuts words into cues and cues into lines, so that the breaks as a whole disturb least."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final, TypeAlias

from speech.captions.breaks import INSIDE, break_cost, ends_sentence
from speech.captions.columns import columns, cut_to_width, plain_text
from speech.captions.words import CaptionWord

# Two lines of 42, 20 characters a second and 7 seconds: the limits of the Netflix Timed Text Style Guide.
MAX_COLUMNS: Final = 42
MAX_SECONDS: Final = 7.0
MIN_SECONDS: Final = 0.7
CHARACTERS_PER_SECOND: Final = 20.0
PAUSE_BETWEEN_CHUNKS: Final = 0.8
"""Seconds of silence that no cue spans."""
PAUSE_BETWEEN_SENTENCES: Final = 0.5

_MOST_TOKENS: Final = 2 * MAX_COLUMNS
_CUE: Final = 6.0  # each further cue costs as much as a break somewhat worse than between any two words
_UNEVEN_CUES: Final = 4.0
_UNEVEN_LINES: Final = 5.0
_SENTENCE_INSIDE_LINE: Final = 3.0
_PER_SECOND_OF_PAUSE: Final = 4.0
_PER_SECOND_TOO_SHORT: Final = 6.0
_PER_SECOND_BELOW_MINIMUM: Final = 20.0

Span: TypeAlias = tuple[int, int, int]
"""A cue: its first token, the one that begins its second line, and the one after its last; the latter two are equal
in a cue of one line."""


@dataclass(frozen=True)
class Token:
    """A word, or a part of one that is wider than a line.

    Attributes:
        text: without controls and with single spaces.
        width: in columns, 1 to `MAX_COLUMNS`.
        start: seconds.
        end: seconds, not before `start`.
        chunk: of the word.
        space: whether white space stands before it.
        inside: it goes on with the word of the token before.
    """

    text: str
    width: int
    start: float
    end: float
    chunk: int
    space: bool
    inside: bool = False


def tokens_of(words: Sequence[CaptionWord]) -> list[Token]:
    """The words in order, made fit for lines; their starts never run backwards.

    Raises:
        ValueError: a time is not a finite number.
    """
    tokens: list[Token] = []
    earliest = 0.0
    for word in words:
        if not (math.isfinite(word.start) and math.isfinite(word.end)):
            raise ValueError("The times of a caption's words must be finite.")
        start = earliest = max(word.start, earliest)
        tokens += _fitting(word, start, max(word.end, start))
    return tokens


def _fitting(word: CaptionWord, start: float, end: float) -> Iterator[Token]:
    text = plain_text(word.text)
    if not text:
        return
    pieces = cut_to_width(text, MAX_COLUMNS)
    widths = [max(1, columns(piece)) for piece in pieces]
    per_column = (end - start) / sum(widths)
    edges = [start + per_column * done for done in accumulate(widths, initial=0)]
    for number, (piece, width) in enumerate(zip(pieces, widths, strict=True)):
        inside = number > 0
        yield Token(piece, width, edges[number], edges[number + 1], word.chunk, word.space and not inside, inside)


def cut_cues(tokens: Sequence[Token]) -> list[Span]:
    """The cues, covering all tokens in order."""
    layout = _Layout(tokens)
    return [span for begin, end in layout.stretches() for span in layout.best(begin, end)]


class _Layout:
    """Costs of cues over tokens that are numbered through; sums over stretches come from running totals."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._ends = list(accumulate((token.width + token.space for token in tokens), initial=0))
        self._begins = [end + token.space for end, token in zip(self._ends, tokens, strict=False)]
        joints = list(pairwise(tokens))
        self._sentences = [ends_sentence(a.text, b.text, a.chunk != b.chunk) and not b.inside for a, b in joints]
        self._breaks = [_joint_cost(a, b) for a, b in joints]
        self._holds = [
            (_SENTENCE_INSIDE_LINE if over else 0.0) + _PER_SECOND_OF_PAUSE * max(0.0, _pause(a, b) - 0.3)
            for (a, b), over in zip(joints, self._sentences, strict=True)
        ]
        self._held = list(accumulate(self._holds, initial=0.0))

    def stretches(self) -> Iterator[tuple[int, int]]:
        """First token and the one after the last between two pauses that no cue may span."""
        begin = 0
        for number, (left, right) in enumerate(pairwise(self._tokens)):
            pause = _pause(left, right)
            chunk_pause = left.chunk != right.chunk and pause > PAUSE_BETWEEN_CHUNKS
            if chunk_pause or (self._sentences[number] and pause > PAUSE_BETWEEN_SENTENCES):
                yield begin, number + 1
                begin = number + 1
        if self._tokens:
            yield begin, len(self._tokens)

    def best(self, begin: int, end: int) -> list[Span]:
        """The cheapest way to cut a stretch into cues."""
        costs = {begin: 0.0}
        spans: dict[int, Span] = {}
        for stop in range(begin + 1, end + 1):
            leaving = self._breaks[stop - 1] if stop < end else 0.0
            costs[stop] = math.inf
            for start in range(stop - 1, max(begin, stop - _MOST_TOKENS) - 1, -1):
                found = self._cue(start, stop)
                if found is None:
                    break
                cost = costs[start] + found[0] + leaving
                if cost < costs[stop]:
                    costs[stop], spans[stop] = cost, (start, found[1], stop)
        chosen: list[Span] = []
        while end > begin:
            chosen.append(spans[end])
            end = spans[end][0]
        return chosen[::-1]

    def _cue(self, start: int, stop: int) -> tuple[float, int] | None:
        """Cost of one cue and where its second line begins; ``None`` if it cannot be shown as one."""
        first, last = self._tokens[start], self._tokens[stop - 1]
        if stop - start > 1 and last.end - first.start > MAX_SECONDS:
            return None
        lines = self._lines(start, stop)
        if lines is None:
            return None
        width = self._ends[stop] - self._begins[start]
        available = self._tokens[stop].start - first.start if stop < len(self._tokens) else math.inf
        return (
            _CUE
            + _UNEVEN_CUES * (width / (2 * MAX_COLUMNS)) ** 2
            + _PER_SECOND_TOO_SHORT * max(0.0, width / CHARACTERS_PER_SECOND - available)
            + _PER_SECOND_BELOW_MINIMUM * max(0.0, MIN_SECONDS - available)
            + lines[0]
        ), lines[1]

    def _lines(self, start: int, stop: int) -> tuple[float, int] | None:
        """Cost of what the cue holds together and of its line break, and where its second line begins."""
        held = self._held[stop - 1] - self._held[start]
        ends, begins = self._ends, self._begins
        if ends[stop] - begins[start] <= MAX_COLUMNS:
            return held, stop
        best: tuple[float, int] | None = None
        for cut in range(stop - 1, start, -1):
            lower = ends[stop] - begins[cut]
            if lower > MAX_COLUMNS:
                break
            upper = ends[cut] - begins[start]
            if upper <= MAX_COLUMNS:
                uneven = _UNEVEN_LINES * ((upper - lower) / MAX_COLUMNS) ** 2
                cost = held - self._holds[cut - 1] + self._breaks[cut - 1] + uneven
                if best is None or cost < best[0]:
                    best = cost, cut
        return best


def _pause(left: Token, right: Token) -> float:
    return right.start - left.end


def _joint_cost(left: Token, right: Token) -> float:
    if right.inside:
        return INSIDE
    cost = break_cost(left.text, right.text, space=right.space, chunk_ends=left.chunk != right.chunk)
    return max(0.0, cost - _PER_SECOND_OF_PAUSE * min(1.0, max(0.0, _pause(left, right))))
