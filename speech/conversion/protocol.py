"""What a converter promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from speech.cancel import CancelToken
from speech.samples import Samples


@dataclass(frozen=True)
class Converted:
    """A piece in its new voice.

    Attributes:
        samples: exactly as many as the piece had.
        warnings: remarks for people, with seconds of the piece.
    """

    samples: Samples
    warnings: tuple[str, ...] = ()


class Converter(Protocol):
    """Speaks pieces of one recording with one voice; may be used by several threads.

    Only the model's own work goes through its lane, so that requests take turns between two calls.
    """

    @property
    def sample_rate(self) -> int:
        """Of pieces and results, in Hz."""
        ...

    @property
    def longest(self) -> float:
        """Most seconds of one piece."""
        ...

    def convert(self, samples: Samples, cancel: CancelToken) -> Converted:
        """One piece.

        Raises:
            GenerationError: the model failed on it.
            InvalidRequestError: the recording or the target is nothing this converter can work with.
            CancelledError, DeadlineExceededError: from `cancel`.
        """
        ...
