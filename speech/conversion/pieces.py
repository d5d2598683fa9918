"""Cuts a recording of any length into pieces at its quietest moments, each with what overlaps its neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from speech.audio.edges import FRAME_SECONDS, frame_levels
from speech.samples import Samples

EARLIEST_CUT: Final = 0.6
"""Share of the wished length from which on a quiet moment is looked for."""
_SHORTEST_SECONDS: Final = 1.0
"""No piece is shorter, unless the recording or the wished length is."""
_QUIET_SECONDS: Final = 0.2
"""A cut lies in the middle of the quietest stretch of this length."""


@dataclass(frozen=True)
class Piece:
    """A part of a recording; places in samples of the recording.

    Attributes:
        index: from 0.
        start: first sample that is this piece's own.
        end: the one after its last.
        before: samples in front of `start` that it shares with the piece before.
        samples: from ``start - before`` on, as far as it overlaps the next piece.
    """

    index: int
    start: int
    end: int
    before: int
    samples: Samples

    @property
    def after(self) -> int:
        """Samples behind `end` that it shares with the next piece; 0 for the last one."""
        return len(self.samples) - self.before - (self.end - self.start)


@dataclass(frozen=True)
class PieceRules:
    """How long pieces are, in samples.

    Attributes:
        length: at most, without the overlaps.
        overlap: that two neighbours share, half on each side of the cut; less than `length`.
    """

    length: int
    overlap: int


def cut_pieces(blocks: Iterable[Samples], sample_rate: int, rules: PieceRules) -> Iterator[Piece]:
    """The pieces of a recording, of which no more than one is held.

    Args:
        blocks: the recording, mono, in blocks of any lengths.
        sample_rate: in Hz.
        rules: lengths.
    """
    half = rules.overlap // 2
    shortest = min(round(_SHORTEST_SECONDS * sample_rate), rules.length // 2)
    needed = rules.length + max(shortest, half) + 1
    held, before, start, index = np.zeros(0, np.float32), 0, 0, 0
    waiting: list[Samples] = []
    length = 0
    for block in blocks:
        waiting.append(block)
        length += len(block)
        if length - before < needed:
            continue
        held, waiting = np.concatenate([held, *waiting]), []
        while len(held) - before >= needed:
            own = _cut(held[before:], sample_rate, rules.length, rules.length)
            yield Piece(index, start, start + own, before, held[: before + own + half])
            held = held[before + own - half :]
            before, start, index = half, start + own, index + 1
        length = len(held)
    held = np.concatenate([held, *waiting])
    rest = len(held) - before
    if rest > rules.length:
        own = _cut(held[before:], sample_rate, rules.length, min(rules.length, rest - max(shortest, half)))
        yield Piece(index, start, start + own, before, held[: before + own + half])
        held = held[before + own - half :]
        before, start, index, rest = half, start + own, index + 1, rest - own
    if rest > 0:
        yield Piece(index, start, start + rest, before, held)


def _cut(samples: Samples, sample_rate: int, length: int, latest: int) -> int:
    """The quietest moment between `EARLIEST_CUT` of `length` and `latest`, the later one of equals."""
    first = min(round(EARLIEST_CUT * length), latest)
    levels = frame_levels(samples[first:latest], sample_rate).astype(np.float64) ** 2
    if len(levels) < 2:
        return latest
    width = max(1, min(round(_QUIET_SECONDS / FRAME_SECONDS), len(levels)))
    smooth = np.convolve(levels, np.ones(width), "valid")
    place = len(smooth) - 1 - int(np.argmin(smooth[::-1])) + width / 2
    return min(latest, first + round(place * FRAME_SECONDS * sample_rate))
