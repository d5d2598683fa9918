"""What a speech recogniser must offer so that the validator can score a known text on a take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from speech.engines.protocol import ProgressReport
from speech.samples import Samples

Floats: TypeAlias = npt.NDArray[np.float64]

SAMPLE_RATE = 16_000
"""Rate in Hz at which Whisper listens."""

MAX_SECONDS = 30.0
"""Longest audio that one encoder window holds."""

MAX_TEXT_TOKENS = 440
"""Longest text in tokens: the decoder has 448 positions, some of them taken by the start sequence."""

TOKEN_SECONDS = 0.02
"""Resolution of the cross-attention: one encoder output every 320 samples."""


@dataclass(frozen=True)
class Tokens:
    """A text as the model reads it.

    Attributes:
        ids: vocabulary numbers, control tokens excluded.
        spans: for each token its first character and the one after its last, in the text.
    """

    ids: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class TokenScores:
    """How well a known text fits an audio, token by token.

    Attributes:
        log_probabilities: shape ``(n,)``, natural logarithm, at most 0.
        times: shape ``(n + 1,)``, seconds; token i lies between ``times[i]`` and ``times[i + 1]``.
    """

    log_probabilities: Floats
    times: Floats


@dataclass(frozen=True)
class Encoding:
    """Encoder output of one window; only the backend that made it looks inside.

    Attributes:
        seconds: length of the audio without padding.
        frames: the same in feature frames of 10 ms.
        output: the runtime's own array.
    """

    seconds: float
    frames: int
    output: Any


class Backend(Protocol):
    """A Whisper model in some runtime; every method may be called from several threads at once."""

    @property
    def name(self) -> str:
        """Runtime and model, for reports."""
        ...

    @property
    def model(self) -> str:
        """Name of the model, by which its thresholds are found."""
        ...

    @property
    def languages(self) -> tuple[str, ...]:
        """BCP 47 primary languages the model knows."""
        ...

    def load(self, report: ProgressReport | None = None) -> None:
        """Bring the model into memory; does nothing when loaded. Raises ``ModelLoadError``."""
        ...

    def unload(self) -> None:
        """Free the model's memory once running calls have ended."""
        ...

    def tokenize(self, text: str) -> Tokens:
        """Cut `text` into the model's tokens; a leading space belongs to the text."""
        ...

    def encode(self, samples: Samples) -> Encoding:
        """Encode mono audio at `SAMPLE_RATE`, at most `MAX_SECONDS` long, on a window of its length."""
        ...

    def score(self, encoding: Encoding, texts: Sequence[Sequence[int]], language: str) -> list[TokenScores]:
        """Probabilities and times of known texts, each of 1 to `MAX_TEXT_TOKENS` tokens; one decoder pass."""
        ...

    def decode(self, encoding: Encoding, language: str, max_tokens: int) -> str:
        """What the model hears without knowing the text: greedy, at most `max_tokens` long."""
        ...

    def detect_language(self, encoding: Encoding) -> str:
        """The language that is most probably spoken, one of `languages`."""
        ...
