"""Joins sounds one after the other: first where each of them will lie, to the sample, then the samples themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from speech.samples import Samples

SpanKind: TypeAlias = Literal["audio", "silence", "pause"]
BLOCK = 24_000
"""Samples of silence made at a time."""


class LengthError(Exception):
    """A sound is longer or shorter than was planned; `part` is its index."""

    def __init__(self, part: int) -> None:
        super().__init__(f"Sound {part} has not the planned length.")
        self.part = part


@dataclass(frozen=True)
class Sound:
    """A sound to be joined: its length in samples."""

    length: int


@dataclass(frozen=True)
class Silence:
    """A silence that somebody asked for, in samples."""

    length: int


Part: TypeAlias = Sound | Silence


@dataclass(frozen=True)
class Span:
    """A stretch of the result, in samples.

    Attributes:
        kind: ``pause`` was put in between by rule, the others stand for a part.
        part: index of the part, or of the one behind a pause.
        start: of its first sample.
        end: one after its last sample.
        crossfade: samples at its start that it shares with the sound before it.
    """

    kind: SpanKind
    part: int
    start: int
    end: int
    crossfade: int = 0

    @property
    def length(self) -> int:
        """In samples, the crossfade included."""
        return self.end - self.start


def plan_spans(parts: Sequence[Part], crossfade: int, draw_pause: Callable[[], int]) -> tuple[Span, ...]:
    """Lay the parts out.

    A silence that was asked for stands where it is, and nothing is added beside it. Between two sounds lies a pause
    if one is drawn, else they cross over at most half of the shorter one.

    Args:
        parts: in order.
        crossfade: samples by which two sounds overlap.
        draw_pause: length in samples of the next pause, 0 for none; called once for each place between two sounds.
    """
    spans: list[Span] = []
    end = 0
    for index, part in enumerate(parts):
        overlap = 0
        before = parts[index - 1] if index else None
        if isinstance(before, Sound) and isinstance(part, Sound):
            pause = draw_pause()
            if pause:
                spans.append(Span("pause", index, end, end + pause))
                end += pause
            else:
                overlap = min(crossfade, before.length // 2, part.length // 2)
        kind: SpanKind = "audio" if isinstance(part, Sound) else "silence"
        start, end = end - overlap, end - overlap + part.length
        spans.append(Span(kind, index, start, end, overlap))
    return tuple(spans)


def join(spans: Sequence[Span], play: Callable[[int], Iterable[Samples]]) -> Iterator[Samples]:
    """The samples of a plan; holds no more than one crossfade.

    Args:
        spans: of `plan_spans`.
        play: the blocks of the sound with that index, together as long as its span.

    Yields:
        blocks of any lengths, together as long as the plan.

    Raises:
        LengthError: a sound is longer or shorter than its span.
    """
    tail = np.zeros(0, np.float32)
    for span, following in zip(spans, [*spans[1:], None], strict=True):
        blocks = play(span.part) if span.kind == "audio" else _zeros(span.length)
        kept_back = np.zeros(following.crossfade if following else 0, np.float32)
        free = span.length - len(kept_back)
        position = 0
        for block in blocks:
            if position + len(block) > span.length:
                raise LengthError(span.part)
            crossed = _crossed(tail, block, position)
            ready = min(max(free - position, 0), len(block))
            yield crossed[:ready]
            place = position + ready - free
            kept_back[place : place + len(block) - ready] = crossed[ready:]
            position += len(block)
        if position < span.length:
            raise LengthError(span.part)
        tail = kept_back


def _crossed(tail: Samples, block: Samples, position: int) -> Samples:
    """A block with what of the `tail` before it sounds at the same time.

    The two gains are a quarter of a sine: sounds that have nothing to do with each other keep their loudness.
    """
    shared = min(max(len(tail) - position, 0), len(block))
    if not shared:
        return block
    angle = (np.arange(position, position + shared) + 0.5) * (np.pi / 2 / len(tail))
    crossed = np.array(block, dtype=np.float32)
    crossed[:shared] = np.sin(angle) * block[:shared] + np.cos(angle) * tail[position : position + shared]
    return crossed


def _zeros(length: int) -> Iterator[Samples]:
    for start in range(0, length, BLOCK):
        yield np.zeros(min(BLOCK, length - start), np.float32)
