"""What the core gives back: its readiness, and the facts of a finished request."""

from __future__ import annotations

from dataclasses import dataclass

from api_models import ReadyState
from library.outputs import StoredFile
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
class SpeechResult:
    """A finished request.

    Attributes:
        files: one per format, complete on disk.
        seed: base seed of all takes.
        voice: name of the voice that spoke.
        audio_seconds: length of the result.
        processing_seconds: from admission to the last file.
        engine_seconds: the model alone, all takes.
        quality: verdict and chunks.
        ignored_parameters: fields that were set but have no effect with this engine.
        warnings: sentences for people.
    """

    files: tuple[StoredFile, ...]
    seed: int
    voice: str
    audio_seconds: float
    processing_seconds: float
    engine_seconds: float
    quality: Quality
    ignored_parameters: tuple[str, ...]
    warnings: tuple[str, ...]
