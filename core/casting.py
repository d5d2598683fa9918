"""Who speaks: the voice that a client's words mean, what it brings with it, and how it introduces itself."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from pydantic import ValidationError

from api_models import TextPreviewRequest, TTSDefaults, TTSRequest
from api_models.library import check_voice_parameters
from config import Settings
from core.downloads import Downloads, is_url
from core.fetched_voices import FetchedVoices, is_fetched
from core.results import SpeechResult
from exceptions import InvalidRequestError, NotReadyError, QueueFullError, ResourceNotFoundError
from library.entries import Filter
from library.outputs import OutputStore
from library.recordings import StoredRecording
from library.temp_folders import request_folder
from library.voices import VoiceLibrary
from speech.atomic_file import replacing
from speech.cancel import CancelToken
from speech.engines.protocol import CloningEngine, Voice
from speech.lane import BACKGROUND, Lane
from speech.planning import choose_voice


class Speak(Protocol):
    """Carries a speech request out into other outputs than the service's, as `CoreEngine.tts` does."""

    def __call__(self, request: TTSRequest, *, outputs: OutputStore) -> SpeechResult:
        """Speak."""
        ...


class Casting:
    """Finds voices for requests: the engine's own, and recordings of the library if the engine clones; thread-safe.

    Args:
        lane: of the engine.
        library: of the recordings.
        settings: of the service.
        downloads: fetches voices that requests name by URL.
    """

    def __init__(self, lane: Lane, library: VoiceLibrary, settings: Settings, downloads: Downloads) -> None:
        self._lane = lane
        self._engine = lane.engine
        self._library = library
        self._settings = settings
        self.fetched = FetchedVoices(downloads, lane.engine, settings.paths.reference_audio_dir).during

    @property
    def voices(self) -> tuple[Voice, ...]:
        """All that can be spoken with: the engine's own, then recordings if it clones."""
        own = self._engine.voices
        if not isinstance(self._engine, CloningEngine):
            return own
        recordings = (
            Voice(entry.name, own[0].language, "a recording", str(entry.details.get("content_sha256", "")))
            for entry in self._library.select(Filter())
        )
        return (*own, *recordings)

    def choose(self, words: str, field: str = "voice") -> Voice:
        """The voice; for empty words the library's default, or else the engine's first.

        Raises:
            InvalidRequestError: there is none, several have the name, or the engine cannot clone.
        """
        wanted = words or self._library.default
        if not wanted or self._is_own(wanted) or is_fetched(wanted):
            return choose_voice(self._engine, wanted, field)
        if is_url(wanted):
            raise InvalidRequestError(
                "Only requests that speak at once take a voice from a URL; upload the recording as a voice first.",
                field=field,
            )
        try:
            recording = self._library.find(wanted, field)
        except ResourceNotFoundError:
            return choose_voice(self._engine, words, field, self.voices)
        if not isinstance(self._engine, CloningEngine):
            if not words:
                return self._engine.voices[0]
            raise InvalidRequestError(
                f"{recording.name!r} is a recording, and the engine {self._engine.capabilities.engine!r} speaks with "
                "its own voices only.",
                field=field,
                detail={"voices": [voice.name for voice in self._engine.voices]},
            )
        return choose_voice(self._engine, recording.name, field)

    def set_default(self, words: str) -> str:
        """Choose the voice for requests that name none, empty for the engine's first; returns its name.

        Raises:
            InvalidRequestError: there is no such voice, or the engine cannot speak with it.
        """
        name = self.choose(words, "voice").name if words else ""
        self._library.default = name
        return name

    def defaults(self, request: TTSRequest | TextPreviewRequest) -> TTSDefaults:
        """What fields that a request leaves out take: default parameters of its voice, then the operator's defaults.

        Raises:
            InvalidRequestError: the voice's are not valid, as after an edit by hand.
        """
        defaults = self._settings.tts_defaults
        words = request.reference_audio_filename or request.voice or defaults.voice
        recording = self._recording(words or self._library.default)
        own: dict[str, Any] = self._library.default_parameters(recording) if recording is not None else {}
        if not own:
            return defaults
        try:
            return TTSDefaults.model_validate({**defaults.model_dump(), **check_voice_parameters(own)})
        except (ValidationError, ValueError) as error:
            raise InvalidRequestError(
                f"The default parameters of the voice {words[:80]!r} are not valid.", field="voice"
            ) from error

    def note_use(self, voices: Iterable[str]) -> None:
        """Count one use of each recording among the voices of a finished work."""
        recordings = (self._recording(name) for name in dict.fromkeys(voices))
        self._library.note_use(recording for recording in recordings if recording is not None)

    def prepare(self, name: str) -> None:
        """Have an engine that clones prepare a recording's voice, when it has nothing else to do."""
        if self._lane.loaded and isinstance(engine := self._engine, CloningEngine):
            with contextlib.suppress(NotReadyError, QueueFullError):
                self._lane.run(lambda: engine.prepare_voice(name), CancelToken(), BACKGROUND)

    def preview(self, words: str, speak: Speak) -> Path:
        """An MP3 file in which a voice introduces itself; spoken once, then kept.

        It is spoken anew after the voice, the engine or the configured text has changed.

        Raises:
            InvalidRequestError: there is no such voice, or the engine cannot speak with it.
            ChatterboxError: it could not be spoken.
        """
        voice, own, text = self.choose(words, "name"), self._engine.capabilities, self._settings.library.preview_text
        key = hashlib.sha256("/".join((voice.content_hash, own.engine, own.model, own.version, text)).encode())
        target = self._settings.paths.models_dir / "voice-previews" / f"{key.hexdigest()}.mp3"
        if not target.is_file():
            request = TTSRequest(
                text=text, voice=voice.name, export_formats=["mp3"], seed=1, bypass_whisper_checking=True
            )
            with request_folder(self._settings.paths.temp_dir) as folder, replacing(target) as partial:
                shutil.copyfile(speak(request, outputs=OutputStore(folder)).files[0].path, partial)
        return target

    def _recording(self, words: str) -> StoredRecording | None:
        if not words or self._is_own(words):
            return None
        try:
            return self._library.find(words, "voice")
        except (ResourceNotFoundError, InvalidRequestError):
            return None

    def _is_own(self, name: str) -> bool:
        return any(voice.name == name for voice in self._engine.voices)
