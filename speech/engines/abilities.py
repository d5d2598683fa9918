"""What some engines can do beyond speaking: convert a voice, match that of a recording, recognise their own mark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from speech.cancel import CancelToken
from speech.engines.protocol import CloningEngine, Engine, Reference, Voice
from speech.samples import Embedding, Samples

MARK_PRESENT: Final = 0.5
"""Confidence from which on a watermark counts as present; Perth's own detector rounds there."""


@dataclass(frozen=True)
class VoiceMatch:
    """What an engine that cannot clone offers for a recording: the blend of its own voices that is most like it.

    Attributes:
        similarity: of the blend to the recording, measured by the speaker encoder; 1 for the same sound.
        shares: of the voices in the blend; they add up to 1, and some may be negative.
    """

    similarity: float
    shares: Mapping[str, float]


@dataclass(frozen=True)
class ConversionRequest:
    """A piece of a recording to be spoken in another voice.

    Attributes:
        samples: mono, in the engine's sample rate.
        target: whose voice: one of the engine's own, or a recording.
        seed: 0 to 2**32 - 1.
        unmarked: leave the engine's watermark out.
    """

    samples: Samples
    target: Voice | Reference
    seed: int
    unmarked: bool = False


@runtime_checkable
class ConvertingEngine(Engine, Protocol):
    """An engine whose model turns one voice into another; `convert` is called from the lane thread only."""

    @property
    def longest_conversion(self) -> float:
        """Most seconds of one piece."""
        ...

    def convert(self, request: ConversionRequest, cancel: CancelToken) -> Samples:
        """The piece in the target's voice, exactly as long, in `capabilities.sample_rate`; loads the model if need be.

        Raises:
            GenerationError: the model failed on this piece.
            InvalidRequestError: the target's recording makes no voice.
            CancelledError: `cancel` was triggered between steps.
        """
        ...


@runtime_checkable
class MatchingEngine(CloningEngine, Protocol):
    """An engine that comes near the voice of a recording with voices it has; see `VoiceMatch`."""

    def match(self, voice: str | Reference, cancel: CancelToken) -> VoiceMatch:
        """Match a recording, named as for `recorded_voice` or given itself; called from the lane thread only.

        Raises:
            GenerationError: there is no such recording, or it makes no voice.
        """
        ...

    def embedding(self, name: str) -> Embedding | None:
        """How one of the engine's own voices sounds to the speaker encoder; ``None`` for any other.

        May be called from any thread, without a loaded model.
        """
        ...


@runtime_checkable
class MarkingEngine(Engine, Protocol):
    """An engine that recognises the inaudible mark it makes."""

    def mark_confidence(self, samples: Samples, sample_rate: int) -> float:
        """How sure the detector is that a sound carries the mark, 0 to 1; from `MARK_PRESENT` on it counts as present.

        May be called from any thread, without a loaded model.

        Args:
            samples: mono, shape ``(n,)``; too little to say gives 0.
            sample_rate: in Hz.

        Raises:
            ModelLoadError: the detector cannot be made in this environment.
        """
        ...
