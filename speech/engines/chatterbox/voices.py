"""The voices Chatterbox can speak with: the checkpoint's own, and every recording in the voices folder."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from speech.audio.decode import SUFFIXES
from speech.engines.protocol import Voice
from speech.weights import file_sha256

BUILT_IN: Final = "default"


@dataclass(frozen=True)
class Recording:
    """A reference recording: its voice and its file."""

    voice: Voice
    path: Path


class VoiceFolder:
    """Recordings in a folder, found anew at each look; thread-safe. A file is read again only after it changed.

    Args:
        folder: need not exist; ``None`` for no recordings.
        language: that the voices are listed with.
        built_in_hash: content hash of the checkpoint's own voice.
    """

    def __init__(self, folder: Path | None, language: str, built_in_hash: str) -> None:
        self._folder = folder
        self._language = language
        self._own = Voice(BUILT_IN, language, "the model's own voice", built_in_hash)
        self._hashes: dict[tuple[Path, int, int], str] = {}
        self._lock = threading.Lock()

    @property
    def voices(self) -> tuple[Voice, ...]:
        """The checkpoint's own first, then the recordings by name."""
        return (self._own, *(recording.voice for recording in self.recordings()))

    def recordings(self) -> list[Recording]:
        """All recordings, by file name; hidden files and folders are passed over."""
        if self._folder is None or not self._folder.is_dir():
            return []
        found = []
        for path in sorted(self._folder.iterdir()):
            if path.suffix.lower() not in SUFFIXES or path.name.startswith("."):
                continue
            try:
                digest = self._digest(path)
            except OSError:
                # Gone or locked between listing and reading; the next look sees what became of it.
                continue
            found.append(Recording(Voice(path.name, self._language, "a recording", digest), path))
        return found

    def find(self, name: str) -> Recording | None:
        """The recording of that name."""
        return next((recording for recording in self.recordings() if recording.voice.name == name), None)

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


def built_in_hash(repository: str, revision: str) -> str:
    """Stands for the content of a published checkpoint's own voice, which may not be on this machine yet."""
    return hashlib.sha256(f"{repository}@{revision}".encode()).hexdigest()
