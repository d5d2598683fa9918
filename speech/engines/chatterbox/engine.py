"""Chatterbox as a stepwise engine: chunks of any callers are decoded together and rendered one after the other."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exceptions import CancelledError, ChatterboxError, GenerationError
from speech.cancel import CancelToken
from speech.engines.abilities import ConversionRequest
from speech.engines.chatterbox.checkpoints import Checkpoint
from speech.engines.chatterbox.conversion import LONGEST_SECONDS, PADDING
from speech.engines.chatterbox.description import SAMPLE_RATE, describe
from speech.engines.chatterbox.device_errors import device_errors
from speech.engines.chatterbox.runtime import Decoded, Runtime, open_runtime
from speech.engines.chatterbox.settings import ChatterboxSettings
from speech.engines.chatterbox.voices import BUILT_IN, built_in_hash
from speech.engines.chatterbox.watermark import Watermarker
from speech.engines.protocol import Capabilities, Finished, ProgressReport, TakeRequest, Voice
from speech.engines.voice_folder import VoiceFolder
from speech.samples import Samples

Locate = Callable[[Checkpoint, ProgressReport | None], Path]
"""Gives the folder of a checkpoint, downloading it if that is allowed; raises ``ModelLoadError``."""


@dataclass
class _Chunk:
    """A chunk under way: decoding, then waiting to be rendered."""

    request: TakeRequest
    sequence: Any
    decoded: Decoded | None = None


class ChatterboxEngine:
    """Implements `StepwiseEngine` and `CloningEngine`, `ConvertingEngine` and `MarkingEngine` of `speech.engines`.

    Every method that computes raises ``DeviceMemoryError`` or ``DeviceLostError`` where the device fails.

    Args:
        checkpoint: the released model.
        settings: switches.
        locate: finds the checkpoint's files at load.
        voices_dir: folder of reference recordings.
        cache_dir: where prepared voices are kept.
        threads: processor threads, 0 for torch's choice.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        settings: ChatterboxSettings,
        locate: Locate,
        voices_dir: Path | None,
        cache_dir: Path,
        threads: int = 0,
    ) -> None:
        self._checkpoint = checkpoint
        self._settings = settings
        self._locate = locate
        self._cache_dir = cache_dir
        self._threads = threads
        self.capabilities: Capabilities = describe(checkpoint, settings)
        own = built_in_hash(checkpoint.repository, checkpoint.revision)
        self.voices: tuple[Voice, ...] = (Voice(BUILT_IN, "en", "the model's own voice", own),)
        self._folder = VoiceFolder(voices_dir, "en")
        self._runtime: Runtime | None = None
        self._detector: Watermarker | None = None
        self._chunks: dict[int, _Chunk] = {}
        self._numbers = itertools.count()

    def recorded_voice(self, name: str) -> Voice | None:
        """The voice of a recording in the voices folder, named by its path below that."""
        recording = self._folder.find(name)
        return recording.voice if recording is not None else None

    @device_errors()
    def prepare_voice(self, name: str) -> None:
        """Compute what a recording's voice needs and keep it; does nothing while the model is not loaded."""
        if self._runtime is not None:
            self._runtime.prepare_voice(name)

    @device_errors()
    def load(self, report: ProgressReport | None = None) -> None:
        """Find or download the checkpoint and bring it to the device; does nothing when loaded.

        Raises:
            ModelLoadError: packages or files are missing or damaged.
        """
        if self._runtime is None:
            self._runtime = open_runtime(
                self._checkpoint, self._settings, self._locate, self._folder, self._cache_dir, self._threads, report
            )

    def unload(self) -> None:
        """Free the model's memory; chunks under way are forgotten."""
        runtime, self._runtime, self._detector = self._runtime, None, None
        self._chunks.clear()
        if runtime is not None:
            runtime.close()

    def unspeakable(self, text: str, language: str) -> tuple[str, ...]:
        """Words in a script that an English model never read; the multilingual one tries everything."""
        if self._checkpoint.family == "multilingual":
            return ()
        return tuple(word for word in text.split() if any(_is_foreign(letter) for letter in word))

    @device_errors()
    def begin(self, request: TakeRequest) -> int | None:
        """Prepare the voice if need be and take the chunk into the running batch; ``None`` while it is full."""
        self.load()
        assert self._runtime is not None
        sequence = self._runtime.join(request)
        if sequence is None:
            return None
        number = next(self._numbers)
        self._chunks[number] = _Chunk(request, sequence)
        return number

    @device_errors()
    def advance(self) -> list[Finished]:
        """A token for every chunk that is being decoded; then sound for those that wait for it, as many as pay at once.

        On the CPU that is one, so that a step lasts no longer than one chunk's rendering.
        """
        if self._runtime is None or not self._chunks:
            return []
        done: list[Finished] = []
        ended = {id(sequence) for sequence in self._runtime.step()}
        for number, chunk in list(self._chunks.items()):
            if id(chunk.sequence) in ended:
                try:
                    chunk.decoded = self._runtime.decoded(chunk.request, chunk.sequence)
                except ChatterboxError as error:
                    del self._chunks[number]
                    done.append(Finished(number, error=error))
        return done + self._render()

    def abandon(self, number: int) -> None:
        """Free the chunk's rows at once."""
        chunk = self._chunks.pop(number, None)
        if chunk is not None and chunk.decoded is None and self._runtime is not None:
            self._runtime.leave(chunk.sequence)

    def generate(self, batch: Sequence[TakeRequest], cancel: CancelToken) -> list[Samples]:
        """Speak each request, together where they fit; see `begin` and `advance`."""
        waiting, places = list(range(len(batch))), dict[int, int]()
        results: list[Samples | None] = [None] * len(batch)
        try:
            while waiting or places:
                cancel.raise_if_stopped()
                while waiting and (number := self.begin(batch[waiting[0]])) is not None:
                    places[number] = waiting.pop(0)
                if not places:
                    raise GenerationError("The decoder has no room for this text.")
                for finished in self.advance():
                    if finished.error is not None:
                        raise finished.error
                    results[places.pop(finished.number)] = finished.samples
        finally:
            for number in places:
                self.abandon(number)
        if any(samples is None for samples in results):
            raise CancelledError("The chunk was given up.")
        return [samples for samples in results if samples is not None]

    @property
    def longest_conversion(self) -> float:
        """Most seconds of one piece."""
        return LONGEST_SECONDS - PADDING / SAMPLE_RATE

    @device_errors()
    def convert(self, request: ConversionRequest, cancel: CancelToken) -> Samples:
        """A piece of a recording in another voice; chunks under way wait meanwhile."""
        self.load()
        assert self._runtime is not None
        return self._runtime.convert(request, cancel)

    def mark_confidence(self, samples: Samples, sample_rate: int) -> float:
        """How sure Perth's detector is that a sound carries its mark, 0 to 1; needs no checkpoint.

        Raises:
            ModelLoadError: the package is missing or does not work in this environment.
        """
        detector = self._detector = self._detector or Watermarker()
        return detector.confidence(samples, sample_rate)

    def _render(self) -> list[Finished]:
        assert self._runtime is not None
        waiting = {number: chunk.decoded for number, chunk in self._chunks.items() if chunk.decoded is not None}
        chosen = self._runtime.choose(list(waiting.values()))
        numbers = [list(waiting)[place] for place in chosen]
        for number in numbers:
            del self._chunks[number]
        outcomes = self._runtime.render([waiting[number] for number in numbers])
        return [
            Finished(number, error=outcome) if isinstance(outcome, ChatterboxError) else Finished(number, outcome)
            for number, outcome in zip(numbers, outcomes, strict=True)
        ]


def _is_foreign(letter: str) -> bool:
    """Whether a letter belongs to no European script that English text may quote."""
    return letter.isalpha() and ord(letter) > 0x24F and not 0x1E00 <= ord(letter) <= 0x1EFF
