"""Voices that requests name by URL: in the voices folder, out of the library's sight, as long as the request lasts."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from api_models import TTSRequest
from core.downloads import Downloads, is_url
from exceptions import InvalidRequestError
from speech.atomic_file import disk_failures
from speech.audio.decode import SUFFIXES
from speech.cancel import CancelToken
from speech.engines.protocol import CloningEngine, Engine

FOLDER: Final = ".from-url"
"""Below the voices folder; what begins with a full stop is in no list, and no client can name it."""
LONGEST_USE: Final = 86_400.0
"""Seconds after which a fetched voice belongs to no request any more."""


class FetchedVoices:
    """Fetches voices; every method may be called from any thread.

    Args:
        downloads: by the operator's rules.
        engine: that is to speak; finds recordings below `voices_dir`.
        voices_dir: of the recordings.
    """

    def __init__(self, downloads: Downloads, engine: Engine, voices_dir: Path) -> None:
        self._downloads = downloads
        self._engine = engine
        self._folder = voices_dir / FOLDER

    @contextlib.contextmanager
    def during(self, request: TTSRequest, cancel: CancelToken) -> Iterator[TTSRequest]:
        """The request with the name of a fetched recording in place of a URL; other requests as they are.

        Raises:
            InvalidRequestError: the engine speaks with its own voices only, or URLs are not allowed; and what
                `library.fetch.download.Downloader.recording` raises.
        """
        words = request.reference_audio_filename or request.voice or ""
        if not is_url(words):
            yield request
            return
        field = "reference_audio_filename" if request.reference_audio_filename else "voice"
        if not isinstance(self._engine, CloningEngine):
            raise InvalidRequestError("The engine that is running here speaks with its own voices only.", field=field)
        with self._downloads.during(cancel) as fetch, self._place() as place:
            download = fetch(words, field)
            target = place / _file_name(download.name)
            with disk_failures("the voice"):
                shutil.copyfile(download.path, target)
            name = PurePosixPath(FOLDER, place.name, target.name)
            yield request.model_copy(update={"voice": str(name), "reference_audio_filename": None})

    @contextlib.contextmanager
    def _place(self) -> Iterator[Path]:
        with disk_failures("the voice"):
            self._folder.mkdir(parents=True, exist_ok=True)
            place = Path(tempfile.mkdtemp(dir=self._folder, prefix=""))
            self._sweep()
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _sweep(self) -> None:
        """Remove what killed processes left behind."""
        oldest = time.time() - LONGEST_USE
        for place in self._folder.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another request may be tidying up, too
                if place.stat().st_mtime < oldest:
                    shutil.rmtree(place, ignore_errors=True)


def is_fetched(words: str) -> bool:
    """Whether a voice's name is that of a fetched recording."""
    return words.startswith(f"{FOLDER}/")


def shown_voice(name: str) -> str:
    """A voice's name for records that outlive the request: of a fetched recording that of its file."""
    return PurePosixPath(name).name if is_fetched(name) else name


def _file_name(name: str) -> str:
    """A name that every file system takes and the decoder's suffixes allow."""
    safe = "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in name)[-80:].lstrip(".")
    return safe if safe.lower().endswith(SUFFIXES) else f"{safe or 'voice'}.wav"
