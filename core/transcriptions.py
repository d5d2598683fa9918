"""Recordings that are to be written down, from the upload to the text."""

from __future__ import annotations

import shutil
from pathlib import Path

from config import Settings
from core.concat_sources import UploadedAudio
from core.door import Door
from core.operations import Operations
from core.validators import ValidatorPool
from exceptions import InvalidRequestError, ResourceNotFoundError
from library.examiner import Examiner
from library.temp_folders import request_folder
from speech.admission import Work
from speech.atomic_file import disk_failures
from speech.audio.decode import decode_blocks, stated_seconds
from speech.cancel import CancelToken
from speech.progress import Observer, ignore
from speech.transcription import Transcription, transcribe_recording
from speech.validation.backend import SAMPLE_RATE
from speech.validation.protocol import Listener
from speech.validation.words import primary

FIELD = "file"
"""Of the request that brings the recording."""


class Transcriptions:
    """Listens with the model that checks takes; every method may be called from any thread.

    Args:
        settings: of the service.
        validators: the configured one listens.
        examiner: decodes files from strangers first, in another process.
        door: lets requests in.
        operations: are told of every transcription.
    """

    def __init__(
        self, settings: Settings, validators: ValidatorPool, examiner: Examiner, door: Door, operations: Operations
    ) -> None:
        self._temp_dir = settings.paths.temp_dir
        self._longest_seconds = settings.api.max_recording_minutes * 60
        self._validators = validators
        self._examiner = examiner
        self._door = door
        self._operations = operations

    @property
    def listener(self) -> Listener | None:
        """Who listens; ``None`` where takes are not checked."""
        validator = self._validators.configured
        return validator if isinstance(validator, Listener) else None

    def make(
        self,
        upload: UploadedAudio,
        language: str = "",
        observer: Observer = ignore,
        cancel: CancelToken | None = None,
    ) -> Transcription:
        """Write down what a recording says.

        Args:
            upload: the recording.
            language: BCP 47 tag of what is said; empty to find out.
            observer: told of each window that was heard, in the calling thread.
            cancel: stops the work within one window; the configured time limit applies without one.

        Raises:
            ResourceNotFoundError: nobody listens here.
            ChatterboxError: another of its subclasses.
        """
        token = self._door.token(cancel)
        with self._operations.operation("transcription", observer) as operation:
            listener = self._require_listener()
            self._door.refuse_overload()
            with self._door.enter(token, self._work(upload), operation.observe) as place:
                self._require_language(language)
                with request_folder(self._temp_dir) as temporary:
                    path = temporary / "recording"
                    upload.stream.seek(0)
                    with disk_failures("the upload"), path.open("wb") as file:
                        shutil.copyfileobj(upload.stream, file)
                    result = self._heard(path, listener, language, place.observe, token)
            operation.audio_seconds = result.seconds
            return result

    def _heard(
        self, path: Path, listener: Listener, language: str, observer: Observer, cancel: CancelToken
    ) -> Transcription:
        found = self._examiner.examine(path, self._longest_seconds, FIELD, cancel)
        blocks = decode_blocks(path, SAMPLE_RATE, FIELD)
        return transcribe_recording(blocks, listener, language, found.seconds, observer, cancel)

    def _work(self, upload: UploadedAudio) -> Work:
        """How much there is to hear, by the header."""
        seconds = stated_seconds(upload.stream)
        return Work("transcription", None if seconds is None else min(seconds, self._longest_seconds))

    def _require_listener(self) -> Listener:
        if self.listener is None:
            raise ResourceNotFoundError(
                "There is no model that listens here: validation.enabled is false, or the engine speaks no words.",
                field="model",
            )
        return self.listener

    def _require_language(self, language: str) -> None:
        """Refuse a language that the model does not know, which it tells once it is loaded."""
        self._validators.load()
        validator = self._validators.configured
        if language and validator is not None and primary(language) not in validator.languages:
            raise InvalidRequestError(f"{validator.name} does not know the language {language!r}.", field="language")
