"""What the core gives back: its readiness, and the facts of a finished request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from api_models import ReadyState
from library.result_files import StoredFile, StoredText
from speech.conversion.listening import Likeness
from speech.quality import Quality


@dataclass(frozen=True)
class Readiness:
    """Whether speech requests are answered, and why not."""

    state: ReadyState
    reason: str

    @property
    def ready(self) -> bool:
        """True once the models are loaded."""
        return self.state == "ready"


@dataclass(frozen=True)
class GenerationResult:
    """One of the results of a request.

    Attributes:
        number: from 1.
        seed: base seed of its takes.
        audio_seconds: its length.
        engine_seconds: the model alone, all takes.
        quality: verdict and chunks.
        finishing: what each finishing step did, by its name.
    """

    number: int
    seed: int
    audio_seconds: float
    engine_seconds: float
    quality: Quality
    finishing: Mapping[str, Any]


@dataclass(frozen=True)
class SpeechResult:
    """A finished request.

    Attributes:
        generations: at least one, in order.
        files: audio of all generations, complete on disk.
        texts: captions and records of all generations.
        voice: name of the voice that spoke first.
        processing_seconds: from admission to the last file.
        watermarked: whether the speech carries the engine's inaudible mark.
        ignored_parameters: fields that were set but have no effect with this engine.
        warnings: sentences for people.
    """

    generations: tuple[GenerationResult, ...]
    files: tuple[StoredFile, ...]
    texts: tuple[StoredText, ...]
    voice: str
    processing_seconds: float
    watermarked: bool
    ignored_parameters: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def captions(self) -> tuple[StoredText, ...]:
        """Caption files of all generations."""
        return tuple(text for text in self.texts if text.role == "captions")

    @property
    def seed(self) -> int:
        """Base seed of the first generation."""
        return self.generations[0].seed

    @property
    def quality(self) -> Quality:
        """Of the first generation."""
        return self.generations[0].quality

    @property
    def audio_seconds(self) -> float:
        """Length of the first generation."""
        return self.generations[0].audio_seconds

    @property
    def engine_seconds(self) -> float:
        """Of all generations."""
        return sum(generation.engine_seconds for generation in self.generations)


@dataclass(frozen=True)
class ConversionResult:
    """A finished voice conversion.

    Attributes:
        files: its audio, complete on disk.
        texts: its captions and records.
        voice: name of the target.
        seed: of what was random.
        processing_seconds: from the first sample to the last file.
        audio_seconds: length of the result.
        source_seconds: length of the recording.
        quality: what was heard before and after, piece by piece.
        likeness: of the voices, where it was measured.
        finishing: what each finishing step did, by its name.
        watermarked: whether the result carries the engine's inaudible mark.
        ignored_parameters: fields that were set but have no effect with this engine.
        warnings: sentences for people.
    """

    files: tuple[StoredFile, ...]
    texts: tuple[StoredText, ...]
    voice: str
    seed: int
    processing_seconds: float
    audio_seconds: float
    source_seconds: float
    quality: Quality
    likeness: Likeness | None
    finishing: Mapping[str, Any]
    watermarked: bool
    ignored_parameters: tuple[str, ...]
    warnings: tuple[str, ...]

    def stored(
        self, files: tuple[StoredFile, ...], texts: tuple[StoredText, ...], processing_seconds: float
    ) -> ConversionResult:
        """The same once its files are complete."""
        return replace(self, files=files, texts=texts, processing_seconds=processing_seconds)

    @property
    def captions(self) -> tuple[StoredText, ...]:
        """Its caption files."""
        return tuple(text for text in self.texts if text.role == "captions")
