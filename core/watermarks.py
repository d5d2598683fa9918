"""Looks for the engine's inaudible mark in a recording, stretch by stretch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.conversion_work import SourceRecording
from exceptions import InvalidRequestError
from speech.audio.blocks import windows
from speech.cancel import CancelToken
from speech.engines.abilities import MARK_PRESENT, MarkingEngine
from speech.engines.protocol import Engine
from speech.samples import Samples

STRETCH_SECONDS: Final = 10.0
"""Judged at once: long enough for a sure answer, short enough to find marked speech inside a longer recording."""

SHORTEST_SECONDS: Final = 1.0
"""What is left over at the end is judged with its neighbour if it is shorter."""


@dataclass(frozen=True)
class MarkFindings:
    """What the detector says of a recording.

    Attributes:
        confidence: of the surest stretch, 0 to 1.
        marked_seconds: length of all stretches in which the mark is present.
        audio_seconds: length of the recording.
    """

    confidence: float
    marked_seconds: float
    audio_seconds: float

    @property
    def present(self) -> bool:
        """Whether any stretch carries the mark."""
        return self.confidence >= MARK_PRESENT


def find_mark(engine: Engine, recording: SourceRecording, longest: float, cancel: CancelToken) -> MarkFindings:
    """Look for the mark of `engine`.

    Args:
        engine: whose mark.
        recording: to look at.
        longest: seconds it may last.
        cancel: stops the work within one stretch.

    Raises:
        InvalidRequestError: the engine recognises no mark; the file holds no audio, is damaged or too long.
        ModelLoadError: the detector cannot be made.
    """
    capabilities = engine.capabilities
    if not isinstance(engine, MarkingEngine):
        raise InvalidRequestError(
            f"The engine in use, {capabilities.engine}, makes no watermark and recognises none.", field=recording.field
        )
    rate = capabilities.sample_rate
    confidence, marked, total = 0.0, 0, 0
    for stretch in _stretches(recording.blocks(rate, longest), rate):
        cancel.raise_if_stopped()
        total += len(stretch)
        found = engine.mark_confidence(stretch, rate)
        confidence = max(confidence, found)
        marked += len(stretch) if found >= MARK_PRESENT else 0
    return MarkFindings(confidence, marked / rate, total / rate)


def _stretches(blocks: Iterable[Samples], rate: int) -> Iterator[Samples]:
    held = np.zeros(0, np.float32)
    for part in windows(blocks, int(STRETCH_SECONDS * rate)):
        if len(held) and len(part) >= SHORTEST_SECONDS * rate:
            yield held
            held = part
        else:
            held = np.concatenate([held, part])
    yield held
