"""Cues: what is shown, in which lines, from when to when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from speech.captions.columns import columns
from speech.captions.layout import CHARACTERS_PER_SECOND, MIN_SECONDS, Span, Token, cut_cues, tokens_of
from speech.captions.words import CaptionWord

FRAME_MS: Final = 40
"""One picture at 25 a second: a shorter gap between two cues is seen as a flicker."""


@dataclass(frozen=True)
class Cue:
    """One caption.

    Attributes:
        index: from 1.
        start: seconds of the result, in whole milliseconds.
        end: after `start`, and not after the next cue's start.
        lines: one or two.
    """

    index: int
    start: float
    end: float
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The lines with a line break between them."""
        return "\n".join(self.lines)


def make_cues(words: Sequence[CaptionWord], duration: float | None = None) -> list[Cue]:
    """Cut words into captions; every word is in one, in order.

    A cue has one or two lines of at most 42 columns and is spoken in at most 7 s, unless a single word takes longer.
    None spans a pause of more than 0.8 s between two chunks, or of more than 0.5 s behind a sentence. Where silence
    follows, a cue stays for 0.7 s at least and long enough to be read at 20 characters a second; it then ends 40 ms
    or more before the next one, or exactly where that begins.

    Args:
        words: of the whole result, in order.
        duration: of the result in seconds; the last cue is not made to stay longer.

    Raises:
        ValueError: a time is not a finite number.
    """
    tokens = tokens_of(words)
    spans = cut_cues(tokens)
    starts = _starts(tokens, spans)
    cues: list[Cue] = []
    for number, span in enumerate(spans):
        lines = tuple(_line(tokens[a:b]) for a, b in ((span[0], span[1]), (span[1], span[2])) if a < b)
        end = round(1000 * tokens[span[2] - 1].end)
        readable = starts[number] + _reading_ms(lines)
        if number + 1 < len(spans):
            end = _end_before(max(end, readable), starts[number + 1])
        else:
            latest = readable if duration is None else min(readable, round(1000 * duration))
            end = max(end, latest, starts[number] + FRAME_MS)
        cues.append(Cue(number + 1, starts[number] / 1000, end / 1000, lines))
    return cues


def _starts(tokens: Sequence[Token], spans: Sequence[Span]) -> list[int]:
    """Start of each cue in milliseconds; those of words that take no time are set one frame apart."""
    starts: list[int] = []
    for first, _, _ in spans:
        start = round(1000 * tokens[first].start)
        starts.append(max(start, starts[-1] + FRAME_MS) if starts else start)
    return starts


def _end_before(wanted: int, following: int) -> int:
    return wanted if wanted <= following - FRAME_MS else following


def _reading_ms(lines: Sequence[str]) -> int:
    # Columns, because a Chinese or Japanese character takes as long to read as two letters.
    return round(1000 * max(MIN_SECONDS, sum(map(columns, lines)) / CHARACTERS_PER_SECOND))


def _line(tokens: Sequence[Token]) -> str:
    first, *others = tokens
    return first.text + "".join(" " * token.space + token.text for token in others)
