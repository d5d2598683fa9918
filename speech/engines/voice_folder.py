"""Recordings in a folder as voices of an engine that clones."""

from __future__ import annotations

import threading
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from speech.audio.decode import SUFFIXES
from speech.engines.protocol import Voice
from speech.weights import file_sha256


@dataclass(frozen=True)
class RecordedVoice:
    """A reference recording: its voice and its file."""

    voice: Voice
    path: Path


class VoiceFolder:
    """Finds recordings by their path below a folder; thread-safe. A file is read again only after it changed.

    Args:
        folder: need not exist; ``None`` for no recordings.
        language: that the voices are listed with.
    """

    def __init__(self, folder: Path | None, language: str) -> None:
        self._folder = folder
        self._language = language
        self._hashes: dict[tuple[Path, int, int], str] = {}
        self._lock = threading.Lock()

    def find(self, name: str) -> RecordedVoice | None:
        """The recording of that name, which is its path below the folder, with ``/``."""
        if self._folder is None or not name.lower().endswith(SUFFIXES):
            return None
        for form in (name, unicodedata.normalize("NFD", name)):
            try:
                path = (self._folder / form).resolve()
                if path.is_file() and path.is_relative_to(self._folder.resolve()):
                    return RecordedVoice(Voice(name, self._language, "a recording", self._digest(path)), path)
            except (OSError, ValueError):
                # Gone or locked meanwhile, or no name a file can have.
                continue
        return None

    def _digest(self, path: Path) -> str:
        state = path.stat()
        key = (path, state.st_mtime_ns, state.st_size)
        with self._lock:
            known = self._hashes.get(key)
        if known is None:
            known = file_sha256(path)
            with self._lock:
                self._hashes[key] = known
        return known
