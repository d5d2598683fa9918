"""What a validator promises: one `Check` per take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from speech.engines.protocol import ProgressReport
from speech.samples import Samples


@dataclass(frozen=True)
class Word:
    """A word of the expected text and where it was heard.

    Attributes:
        text: the word as the text spells it, punctuation included.
        start: seconds from the start of the take.
        end: seconds from the start of the take.
        probability: mean probability of its tokens, 0 to 1.
    """

    text: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True)
class Expected:
    """The text a take should say.

    Attributes:
        written: as the user spelled it ("$3.50 at 7:45 p.m.").
        spoken: as it is read out ("three dollars and fifty cents ...").
        language: BCP 47 tag.
        speed: tempo that was asked for, 1 for the voice's own; a take is too slow or too fast against it.
    """

    written: str
    spoken: str
    language: str
    speed: float = 1.0


@dataclass(frozen=True)
class Check:
    """The verdict on one take.

    Attributes:
        passed: the take says its text, nothing missing, doubled, replaced or added inside it.
        score: 0 to 1, comparable between takes of the same text; higher is closer.
        method: ``forced`` (expected text scored on the audio), ``transcribed`` (heard freely and compared)
            or ``none``.
        wer: word error rate of the free transcript, where one was made.
        transcript: what was heard freely, where it was.
        words: every word of the expected text with its times.
        speech_start: seconds at which the first true word begins.
        speech_end: seconds at which the last true word ends; what follows may be trimmed.
        said: share of the expected words that were found, 0 to 1.
        warnings: machine-readable remarks (``tail_noise``, ``long_gap``, ``too_fast``, ``too_slow``, ...).
    """

    passed: bool
    score: float
    method: Literal["forced", "transcribed", "none"]
    wer: float | None = None
    transcript: str | None = None
    words: tuple[Word, ...] = ()
    speech_start: float = 0.0
    speech_end: float | None = None
    said: float = 1.0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Transcript:
    """What was heard without knowing the text.

    Attributes:
        text: as the model spells it; empty where nothing was said.
        words: of the text, in order, with their times in the recording.
    """

    text: str
    words: tuple[Word, ...] = ()


@runtime_checkable
class Listener(Protocol):
    """Hears what a recording says; thread-safe."""

    def transcribe(self, samples: Samples, sample_rate: int, language: str) -> Transcript:
        """The words of a mono recording of some minutes at most, in a language given by its BCP 47 tag."""
        ...

    def detect_language(self, samples: Samples, sample_rate: int) -> str:
        """BCP 47 primary language of what a mono recording says, by its first 30 s."""
        ...


@runtime_checkable
class Validator(Protocol):
    """Listens to takes; thread-safe, loaded once."""

    @property
    def name(self) -> str:
        """Backend and model, for reports."""
        ...

    @property
    def languages(self) -> tuple[str, ...]:
        """BCP 47 primary languages it can judge; takes in others are reported as not checked."""
        ...

    def load(self, report: ProgressReport | None = None) -> None:
        """Bring the model into memory; does nothing when loaded. Raises ``ModelLoadError``."""
        ...

    def unload(self) -> None:
        """Free the model's memory."""
        ...

    def check(
        self,
        samples: Samples,
        sample_rate: int,
        expected: Expected,
        *,
        threshold: float | None = None,
        transcribe: bool = False,
    ) -> Check:
        """Judge one take.

        Args:
            samples: mono take.
            sample_rate: in Hz.
            expected: the text it should say.
            threshold: lowest `Check.score` that passes; ``None`` for the learnt rule.
            transcribe: make a free transcript even when the take passes without one.
        """
        ...
