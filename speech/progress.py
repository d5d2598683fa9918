"""What a running request tells its observer: place in the queue, plan, takes, chunks and recordings done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from speech.plan import Plan
from speech.samples import Samples
from speech.validation.protocol import Check


@dataclass(frozen=True)
class Queued:
    """The request waits as number `position` (from 1) for its turn.

    By the pace of the latest chunks it begins in `start_seconds` and ends in `finish_seconds`; ``None`` while that
    is unknown.
    """

    position: int
    start_seconds: float | None
    finish_seconds: float | None


@dataclass(frozen=True)
class Admitted:
    """The request's turn has come, after `waited_seconds`."""

    waited_seconds: float


@dataclass(frozen=True)
class Planned:
    """The text is split; nothing was generated yet of this `generation` of `generations` results."""

    plan: Plan
    generation: int = 1
    generations: int = 1


@dataclass(frozen=True)
class TakeJudged:
    """One take of chunk `index` was generated and, unless checking is off, judged."""

    index: int
    take: int
    seed: int
    seconds: float
    check: Check | None


@dataclass(frozen=True)
class ChunkDone:
    """Chunk `index` of `total` has its audio; `audio_seconds` of the result exist so far.

    `samples` are the chunk's before the steps on the whole; a pause of `pause_ms` follows them.
    """

    index: int
    total: int
    audio_seconds: float
    samples: Samples | None = None
    pause_ms: int = 0


@dataclass(frozen=True)
class Finishing:
    """All chunks are spoken; steps on the whole of `audio_seconds` begin."""

    audio_seconds: float


@dataclass(frozen=True)
class PieceConverted:
    """Piece `index` of a recording has its new voice; `seconds` of about `total_seconds` are done, where known."""

    index: int
    seconds: float
    total_seconds: float | None


@dataclass(frozen=True)
class WindowHeard:
    """`seconds` of the `total_seconds` of a recording are written down."""

    seconds: float
    total_seconds: float


@dataclass(frozen=True)
class ClipMeasured:
    """Recording `index` of the `total` to be joined was read through; it has so many `seconds`."""

    index: int
    total: int
    seconds: float


@dataclass(frozen=True)
class Joined:
    """`audio_seconds` of the `total_seconds` of a joined result are written."""

    audio_seconds: float
    total_seconds: float


Event: TypeAlias = (
    Queued
    | Admitted
    | Planned
    | TakeJudged
    | ChunkDone
    | PieceConverted
    | WindowHeard
    | Finishing
    | ClipMeasured
    | Joined
)


class Observer(Protocol):
    """Receives events in the caller's thread, in order; must return quickly and not raise."""

    def __call__(self, event: Event) -> None:
        """Take note of one event."""
        ...


def ignore(event: Event) -> None:
    """Observe nothing."""
