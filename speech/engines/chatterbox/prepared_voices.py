"""Voices as a loaded model understands them, kept in memory and on disk."""

from __future__ import annotations

import hashlib
from pathlib import Path

from exceptions import GenerationError, InvalidRequestError, ModelLoadError
from speech.audio.decode import decode
from speech.engines.chatterbox.conditionals import (
    Conditionals,
    ConditionalsCache,
    load_conditionals,
    save_conditionals,
)
from speech.engines.chatterbox.loading import LoadedModel
from speech.engines.chatterbox.references import LONGEST_SECONDS, MODEL_RATE, prepare
from speech.engines.chatterbox.settings import ChatterboxSettings
from speech.engines.chatterbox.voices import BUILT_IN
from speech.engines.protocol import Reference
from speech.engines.voice_folder import VoiceFolder


class PreparedVoices:
    """Hands out conditionals; used from the lane thread.

    Args:
        model: they are for.
        settings: switches.
        folder: of the recordings.
        cache_dir: prepared voices are kept in its folder ``voices-chatterbox``.
    """

    def __init__(self, model: LoadedModel, settings: ChatterboxSettings, folder: VoiceFolder, cache_dir: Path) -> None:
        self._model = model
        self._settings = settings
        self._folder = folder
        self._cache_dir = cache_dir / "voices-chatterbox"
        self._kept = ConditionalsCache(settings.voices_mb * 1_000_000)

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return self._kept.nbytes

    def get(self, wanted: str | Reference) -> Conditionals:
        """A voice as the model understands it, from memory, from the disk, or made now.

        Args:
            wanted: name of a voice in the folder or of the checkpoint's own, or any recording.

        Raises:
            GenerationError: there is no such voice (any more), or its recording makes none.
        """
        if isinstance(wanted, Reference):
            return self._of(wanted.path, wanted.content_hash)
        if wanted in ("", BUILT_IN):
            if self._model.builtin is None:
                raise GenerationError("This model has no voice of its own; put a recording into the voices folder.")
            return self._model.builtin
        recording = self._folder.find(wanted)
        if recording is None:
            raise GenerationError(f"The recording {wanted} is not in the voices folder any more.")
        return self._of(recording.path, recording.voice.content_hash)

    def clear(self) -> None:
        """Drop what memory holds."""
        self._kept.clear()

    def _of(self, path: Path, content_hash: str) -> Conditionals:
        seconds = self._settings.reference_seconds
        content = f"{content_hash}/{self._model.checkpoint.name}/{seconds:g}/1"
        key = hashlib.sha256(content.encode()).hexdigest()
        return self._kept.get(key, lambda: self._prepared(path, key, seconds))

    def _prepared(self, path: Path, key: str, seconds: float) -> Conditionals:
        kept = self._cache_dir / f"{key}.pt"
        if kept.is_file():
            try:
                return load_conditionals(kept, key, self._model.device)
            except ModelLoadError:
                # Damaged, or of another version: made again, and written over.
                pass
        try:
            made = prepare(self._model, decode(path, MODEL_RATE, LONGEST_SECONDS), MODEL_RATE, key, seconds)
        except InvalidRequestError as error:
            raise GenerationError(error.message) from error
        self._cache_dir.mkdir(parents=True, exist_ok=True)
        save_conditionals(made, kept)
        return made
