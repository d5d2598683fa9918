"""What every engine promises: its capabilities, its voices and `generate`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from exceptions import ChatterboxError
from speech.cancel import CancelToken
from speech.samples import Samples

ProgressReport = Callable[[str, float], None]
"""Called with a short sentence and a share done (0 to 1) while something long is prepared."""


UNMARKED = "unmarked"
"""Parameter by which a request leaves the engine's watermark out; given only to engines that make one."""


@dataclass(frozen=True)
class Parameter:
    """A number by which the caller shapes the sound, with the range in which it has effect."""

    name: str
    minimum: float
    maximum: float
    default: float
    description: str


@dataclass(frozen=True)
class Voice:
    """A voice an engine can speak with.

    Attributes:
        name: how requests name it, unique within the engine.
        language: BCP 47 tag of the accent, e.g. ``en-US``.
        description: a few words for a person choosing.
        content_hash: hex SHA-256 of what makes the voice sound as it does.
        gender: as its author states it.
    """

    name: str
    language: str
    description: str
    content_hash: str
    gender: Literal["female", "male", "unknown"] = "unknown"


@dataclass(frozen=True)
class Capabilities:
    """What an engine can do; the API, the page and the docs are generated from it.

    Attributes:
        engine: registry name.
        model: name of the loaded model or variant.
        version: changes whenever the same request could sound different.
        sample_rate: of everything `generate` returns, in Hz.
        languages: BCP 47 tags that may be asked for; anything else is refused by name.
        parameters: numbers with effect; any other is reported as ignored.
        tags: paralinguistic tags understood in the text.
        max_characters: longest chunk text (in the form the engine reads) for reliable speech.
        max_batch: most chunks per `generate` call.
        text_form: whether the engine wants numbers and symbols as words (``spoken``) or as written.
        cloning: can speak with a reference recording.
        matching: comes near the voice of a recording with voices it has; no cloning.
        conversion: can convert one recording's voice into another.
        seeded: the seed changes the sound.
        batch_invariant: a chunk's samples do not depend on its neighbours in the batch.
        watermark: output carries an inaudible mark.
        notes: facts a user should know, one sentence each.
    """

    engine: str
    model: str
    version: str
    sample_rate: int
    languages: tuple[str, ...]
    parameters: tuple[Parameter, ...] = ()
    tags: tuple[str, ...] = ()
    max_characters: int = 300
    max_batch: int = 1
    text_form: Literal["spoken", "written"] = "spoken"
    cloning: bool = False
    matching: bool = False
    conversion: bool = False
    seeded: bool = True
    batch_invariant: bool = True
    watermark: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reference:
    """A recording whose voice is to be taken.

    Attributes:
        name: for reports.
        path: of the file; complete, and unchanged while it is used.
        content_hash: hex SHA-256 of the file.
    """

    name: str
    path: Path
    content_hash: str


@dataclass(frozen=True)
class TakeRequest:
    """One chunk to be spoken once.

    Attributes:
        text: chunk text in the engine's `text_form`.
        voice: name of one of the engine's voices.
        language: BCP 47 tag.
        seed: 0 to 2**32 - 1; the same request with the same seed gives the same samples.
        parameters: values for the capabilities' parameters; missing ones take their default.
        retake: 0 for the first take of a chunk, then 1, 2, ...; an engine that draws nothing at random varies
            something inaudible with it, so that a second take is not the first one again.
        reference: a recording whose voice to take instead of `voice`; given to a `MatchingEngine` only.
    """

    text: str
    voice: str
    language: str
    seed: int
    parameters: Mapping[str, float] = field(default_factory=dict)
    retake: int = 0
    reference: Reference | None = None


@runtime_checkable
class Engine(Protocol):
    """A speech engine; `load`, `unload` and `generate` are called from one lane thread only."""

    @property
    def capabilities(self) -> Capabilities:
        """Known without loading the model."""
        ...

    @property
    def voices(self) -> tuple[Voice, ...]:
        """Known without loading the model; the first is the default."""
        ...

    def load(self, report: ProgressReport | None = None) -> None:
        """Bring the model into memory; does nothing when loaded.

        Raises:
            ModelLoadError: files missing or damaged, in one clear sentence.
        """
        ...

    def unload(self) -> None:
        """Free the model's memory; does nothing when not loaded."""
        ...

    def unspeakable(self, text: str, language: str) -> tuple[str, ...]:
        """Words of `text` (in the engine's `text_form`) that this engine cannot pronounce, in order.

        Punctuation and emoji are no words. May be called from any thread, without a loaded model.
        """
        ...

    def generate(self, batch: Sequence[TakeRequest], cancel: CancelToken) -> list[Samples]:
        """Speak each request; results in the same order, in `capabilities.sample_rate`.

        Raises:
            GenerationError: the model failed on this input.
            CancelledError: `cancel` was triggered between steps.
        """
        ...


@runtime_checkable
class CloningEngine(Engine, Protocol):
    """An engine that also speaks with recordings, which it finds in the folder it was made with."""

    def recorded_voice(self, name: str) -> Voice | None:
        """The voice of a recording, named by its path below the folder; ``None`` if it is not there.

        May be called from any thread, without a loaded model.
        """
        ...

    def prepare_voice(self, name: str) -> None:
        """Compute beforehand what the voice of a recording needs; called from the lane thread.

        Does nothing while the model is not loaded: the first request prepares the voice then.

        Raises:
            GenerationError: there is no such recording, or it makes no voice.
        """
        ...


@dataclass(frozen=True)
class Finished:
    """A chunk that a `StepwiseEngine` has done.

    Attributes:
        number: as `StepwiseEngine.begin` gave it.
        samples: the speech; ``None`` if it failed.
        error: why it failed.
    """

    number: int
    samples: Samples | None = None
    error: ChatterboxError | None = None


@runtime_checkable
class StepwiseEngine(Engine, Protocol):
    """An engine that works on several chunks at once in small steps, between which chunks join and leave.

    `begin`, `advance` and `abandon` are called from the lane thread only, after `load`.
    """

    def begin(self, request: TakeRequest) -> int | None:
        """Take one more chunk in.

        Returns:
            a number by which it is named; ``None`` while there is no room for it beside those under way. With
            none under way there is room for any.

        Raises:
            GenerationError: the engine cannot speak this chunk.
        """
        ...

    def advance(self) -> list[Finished]:
        """One step for all chunks under way; those that came to their end, well or badly."""
        ...

    def abandon(self, number: int) -> None:
        """Forget a chunk under way at once."""
        ...
