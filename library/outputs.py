"""The outputs folder: names for new results, and finding finished audio."""

from __future__ import annotations

import threading
from datetime import datetime, timezone
from pathlib import Path

from exceptions import ResourceNotFoundError
from library.result_files import ResultFiles
from library.roots import existing_file, safe_relative
from speech.audio.encode import FORMATS

MEDIA_TYPES = {
    **{spec.suffix: spec.media_type for spec in FORMATS.values()},
    ".srt": "application/x-subrip",
    ".vtt": "text/vtt",
    ".captions.json": "application/json",
}
"""What is served, by the ending of its name; sidecars and settings are not."""


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
        """Path and media type of the audio or caption file a client names.

        Raises:
            ResourceNotFoundError: no such file; sidecars are not served.
            InvalidRequestError: no safe path.
        """
        path = existing_file(self.root, words, "path")
        for ending, media_type in MEDIA_TYPES.items():
            if path.name.lower().endswith(ending):
                return path, media_type
        raise ResourceNotFoundError("There is no such file.", field="path")

    def new_stem(self, kind: str, seed: int | None = None) -> str:
        """A file name without ending that no other result of this process has: kind, time, seed if there is one."""
        with self._names:
            while True:
                stamp = datetime.now(timezone.utc).strftime("%Y-%m-%d_%H%M%S_%f")
                if stamp != self._last_stamp:
                    self._last_stamp = stamp
                    return f"{kind}_{stamp}" if seed is None else f"{kind}_{stamp}_seed{seed}"

    def result(self, folder: str) -> ResultFiles:
        """A context in which the files of one result are written; they appear together when it ends well.

        Args:
            folder: below the outputs, as the client names it.

        Raises:
            InvalidRequestError: no safe folder.
            DiskFullError: while writing.
        """
        return ResultFiles(self.root, self.root / safe_relative(folder, "folder"))
