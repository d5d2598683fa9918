"""Finished audio on disk: files of one result appear together, complete, with one sidecar beside them."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from exceptions import ResourceNotFoundError
from library.roots import existing_file, safe_relative
from speech.atomic_file import disk_failures, replacing
from speech.audio.encode import FORMATS, AudioFileWriter
from speech.samples import Samples

AUDIO_SUFFIXES = {spec.suffix: spec.media_type for spec in FORMATS.values()}


@dataclass(frozen=True)
class StoredFile:
    """One finished audio file.

    Attributes:
        format: key of `FORMATS`.
        path: where it lies; never shown to clients.
        name: relative to the outputs root, with ``/``.
        size_bytes: on disk.
        duration_seconds: of its audio.
    """

    format: str
    path: Path
    name: str
    size_bytes: int
    duration_seconds: float


class Recording:
    """Samples on their way into all asked-for formats at once."""

    def __init__(self, writers: Sequence[AudioFileWriter], sample_rate: int) -> None:
        self._writers = writers
        self._rate = sample_rate
        self.sample_count = 0

    @property
    def seconds(self) -> float:
        """Length so far."""
        return self.sample_count / self._rate

    def write(self, samples: Samples) -> None:
        """Append to every format."""
        with disk_failures("the audio file"):
            for writer in self._writers:
                writer.write(samples)
        self.sample_count += len(samples)


class OutputStore:
    """The outputs folder.

    Args:
        root: created when first written to.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._names = threading.Lock()
        self._last_stamp = ""

    def find(self, words: str) -> tuple[Path, str]:
        """Path and media type of the audio file a client names.

        Raises:
            ResourceNotFoundError: no such audio; sidecars are not served.
            InvalidRequestError: no safe path.
        """
        path = existing_file(self.root, words, "path")
        media_type = AUDIO_SUFFIXES.get(path.suffix.lower())
        if media_type is None:
            raise ResourceNotFoundError("There is no such file.", field="path")
        return path, media_type

    def new_stem(self, kind: str, seed: int) -> str:
        """A file name without ending that no other result of this process has: kind, time, seed."""
        with self._names:
            while True:
                stamp = datetime.now(timezone.utc).strftime("%Y-%m-%d_%H%M%S_%f")
                if stamp != self._last_stamp:
                    self._last_stamp = stamp
                    return f"{kind}_{stamp}_seed{seed}"

    @contextlib.contextmanager
    def recording(self, folder: str, stem: str, formats: Sequence[str], sample_rate: int) -> Iterator[Recording]:
        """Open one file per format; all appear under their names when the block ends well, else none.

        Raises:
            DiskFullError: while writing.
        """
        target = self.root / safe_relative(folder, "folder")
        with contextlib.ExitStack() as files:
            partials = [files.enter_context(replacing(target / f"{stem}{FORMATS[name].suffix}")) for name in formats]
            with contextlib.ExitStack() as encoders:
                writers = [
                    encoders.enter_context(AudioFileWriter(partial, name, sample_rate))
                    for partial, name in zip(partials, formats, strict=True)
                ]
                yield Recording(writers, sample_rate)

    def stored(self, folder: str, stem: str, formats: Sequence[str], seconds: float) -> list[StoredFile]:
        """Describe the files a finished recording left."""
        relative = safe_relative(folder, "folder")
        result = []
        for name in formats:
            file = relative / f"{stem}{FORMATS[name].suffix}"
            path = self.root / file
            result.append(StoredFile(name, path, file.as_posix(), path.stat().st_size, seconds))
        return result

    def write_sidecar(self, folder: str, stem: str, content: Mapping[str, Any]) -> None:
        """Put the facts of a result beside its audio as ``<stem>.json``.

        Raises:
            DiskFullError: no room.
        """
        target = self.root / safe_relative(folder, "folder") / f"{stem}.json"
        text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
        with replacing(target) as partial:
            partial.write_text(text, encoding="utf-8", errors="backslashreplace")
