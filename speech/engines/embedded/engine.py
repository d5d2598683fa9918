"""The embedded engine: Kokoro-82M on onnxruntime, with weights from packages and no model hub."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from exceptions import InvalidRequestError
from speech.cancel import CancelToken
from speech.engines.embedded.model import SAMPLE_RATE, KokoroModel
from speech.engines.embedded.variants import VariantName, VariantStore
from speech.engines.embedded.voices import VoiceTable
from speech.engines.protocol import Capabilities, Parameter, ProgressReport, TakeRequest, Voice
from speech.samples import Samples
from speech.weights import WeightStore

if TYPE_CHECKING:
    from speech.engines.embedded.phonemes import Phonemiser

_LANGUAGES: Final = ("en-US", "en-GB")
_SPEED: Final = Parameter("speed", 0.5, 2.0, 1.0, "Rate of speech; 1 is the voice's own, the pitch stays as it is.")
_NOTES: Final = (
    "The model draws no random numbers: the seed has no effect, and a further take only varies the pace a little.",
    "The output carries no watermark.",
)


class EmbeddedEngine:
    """Speaks English with 28 voices on the CPU; implements `speech.engines.protocol.Engine`.

    Args:
        weights: where the model file comes from.
        cache_dir: folder for faster forms of the model, made on the first load and kept.
        variant: which form to load; ``auto`` takes the fastest that sounds like the packaged one here.
        threads: for one model operator; 0 takes all cores.
    """

    def __init__(self, weights: WeightStore, cache_dir: Path, variant: VariantName = "auto", threads: int = 0) -> None:
        self._variants = VariantStore(weights, cache_dir, variant, threads)
        self._table = VoiceTable()
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
        style = self._table.style(request.voice)
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
