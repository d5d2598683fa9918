"""The embedded engine: Kokoro-82M on onnxruntime, with weights from packages and no model hub."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from exceptions import InvalidRequestError
from speech.cancel import CancelToken
from speech.engines.abilities import VoiceMatch
from speech.engines.embedded.matching import VoiceMatcher
from speech.engines.embedded.model import SAMPLE_RATE, KokoroModel
from speech.engines.embedded.variants import VariantName, VariantStore
from speech.engines.embedded.voices import StyleTable, VoiceTable
from speech.engines.protocol import Capabilities, Parameter, ProgressReport, Reference, TakeRequest, Voice
from speech.engines.voice_folder import VoiceFolder
from speech.samples import Embedding, Samples
from speech.speakers.encoder import SpeakerEncoder
from speech.weights import WeightStore

if TYPE_CHECKING:
    from speech.engines.embedded.phonemes import Phonemiser

_LANGUAGES: Final = ("en-US", "en-GB")
_SPEED: Final = Parameter("speed", 0.5, 2.0, 1.0, "Rate of speech; 1 is the voice's own, the pitch stays as it is.")
_NOTES: Final = (
    "The model draws no random numbers: the seed has no effect, and a further take only varies the pace a little.",
    "The output carries no watermark.",
    "A recording as voice is a voice match (approximate): the blend of these voices that is most like it, no clone.",
    "Voice conversion speaks again what Whisper hears, in the recording's timing and intonation: English words only.",
)


class EmbeddedEngine:
    """Speaks English with 28 voices and blends of them on the CPU.

    Implements `speech.engines.abilities.MatchingEngine`.

    Args:
        weights: where the model file comes from.
        cache_dir: folder for faster forms of the model, made on the first load and kept.
        variant: which form to load; ``auto`` takes the fastest that sounds like the packaged one here.
        threads: for one model operator; 0 takes all cores.
        voices_dir: folder of recordings to match.
    """

    def __init__(
        self,
        weights: WeightStore,
        cache_dir: Path,
        variant: VariantName = "auto",
        threads: int = 0,
        voices_dir: Path | None = None,
    ) -> None:
        self._variants = VariantStore(weights, cache_dir, variant, threads)
        self._table = VoiceTable()
        self._folder = VoiceFolder(voices_dir, _LANGUAGES[0])
        self._matcher = VoiceMatcher(self._table, SpeakerEncoder(), cache_dir / "voices-embedded")
        self._model: KokoroModel | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What this engine can do; `model` and `version` settle with the first load on a machine."""
        return Capabilities(
            engine="embedded",
            model=f"kokoro-82m-v1.0-{self._variants.name}",
            version=self._variants.version,
            sample_rate=SAMPLE_RATE,
            languages=_LANGUAGES,
            parameters=(_SPEED,),
            matching=True,
            conversion=True,
            seeded=False,
            notes=(*_NOTES, *self._variants.notes),
        )

    @property
    def voices(self) -> tuple[Voice, ...]:
        """The shipped voices, ``af_heart`` first."""
        return self._table.voices

    def load(self, report: ProgressReport | None = None) -> None:
        """Bring the model into memory; the first time on a machine it is prepared for it.

        Raises:
            ModelLoadError: files missing or damaged.
        """
        if self._model is None:
            self._model = self._variants.open(report)

    def unload(self) -> None:
        """Free the model's memory."""
        self._model = None

    def unspeakable(self, text: str, language: str) -> tuple[str, ...]:
        """Words of `text` that cannot be pronounced, in order."""
        return self._phonemiser.unspeakable(text, language)

    def generate(self, batch: Sequence[TakeRequest], cancel: CancelToken) -> list[Samples]:
        """Speak each request, one after the other; loads the model if that was not done.

        Raises:
            InvalidRequestError: unknown voice or language, or a speed out of range.
            GenerationError: the model failed on this input.
            CancelledError: `cancel` was triggered between two pieces.
        """
        self.load()
        return [self._speak(request, cancel) for request in batch]

    def recorded_voice(self, name: str) -> Voice | None:
        """The voice match of a recording in the voices folder."""
        recording = self._folder.find(name)
        return None if recording is None else replace(recording.voice, description="voice match (approximate)")

    def prepare_voice(self, name: str) -> None:
        """Match a recording beforehand; does nothing while the model is not loaded."""
        if self._model is not None:
            self.match(name, CancelToken())

    def match(self, voice: str | Reference, cancel: CancelToken) -> VoiceMatch:
        """The blend for a recording; see `speech.engines.embedded.matching`."""
        self.load()
        model = self._model
        assert model is not None

        def speak(sentence: str, style: StyleTable) -> Samples:
            return model.speak(self._phonemiser.phonemes(sentence, _LANGUAGES[0]), style, 1.0, cancel)

        return self._matcher.match(self._reference(voice), speak)

    def embedding(self, name: str) -> Embedding | None:
        """As it was measured for the table of voice matching."""
        return self._matcher.embedding(name)

    def _style(self, voice: str | Reference, cancel: CancelToken) -> StyleTable:
        if isinstance(voice, str) and voice in self._table:
            return self._table.style(voice)
        return self._matcher.style(self.match(voice, cancel))

    def _reference(self, voice: str | Reference) -> Reference:
        if isinstance(voice, Reference):
            return voice
        recording = self._folder.find(voice)
        if recording is None:
            raise InvalidRequestError(f"There is no voice and no recording named {voice} here.", field="voice")
        return Reference(voice, recording.path, recording.voice.content_hash)

    def _speak(self, request: TakeRequest, cancel: CancelToken) -> Samples:
        cancel.raise_if_stopped()
        if request.language not in _LANGUAGES:
            raise InvalidRequestError(
                f"The embedded engine does not speak {request.language}; it speaks {', '.join(_LANGUAGES)}.",
                field="language",
            )
        speed = request.parameters.get(_SPEED.name, _SPEED.default)
        if not _SPEED.minimum <= speed <= _SPEED.maximum:
            raise InvalidRequestError(
                f"The speed must be between {_SPEED.minimum} and {_SPEED.maximum}.", field="speed"
            )
        style = self._style(request.reference or request.voice, cancel)
        phonemes = self._phonemiser.phonemes(request.text, request.language)
        assert self._model is not None
        return self._model.speak(phonemes, style, _varied(speed, request.retake), cancel)

    @functools.cached_property
    def _phonemiser(self) -> Phonemiser:
        from speech.engines.embedded.phonemes import english_phonemiser

        return english_phonemiser()


def _varied(speed: float, retake: int) -> float:
    """`speed` moved by 3, 6, 9, 12 % and again from 3 for each pair of retakes, slower first, in the model's range.

    Another pace gives the model other durations and so another rendering, where a repeated call would only give
    the rejected one again.
    """
    if retake == 0:
        return speed
    step = 0.03 * (1 + (retake - 1) // 2 % 4)
    moved = speed * (1.0 - step if retake % 2 else 1.0 + step)
    return min(max(moved, _SPEED.minimum), _SPEED.maximum)
