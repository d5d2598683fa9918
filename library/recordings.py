"""A folder of recordings that people brought: voices, or inputs of voice conversion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from exceptions import InvalidRequestError, ResourceNotFoundError
from library.roots import existing_file, safe_relative
from speech.audio.decode import SUFFIXES


@dataclass(frozen=True)
class StoredRecording:
    """A recording and where it lies.

    Attributes:
        name: relative to the root, with ``/``; the name that clients use.
        path: absolute; never shown to clients.
    """

    name: str
    path: Path


class RecordingStore:
    """Recordings below one folder, in sub-folders too; need not exist.

    Args:
        root: of all recordings.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def find(self, words: str, field: str) -> StoredRecording:
        """The recording that a client names.

        The whole path comes first; its suffix may be left out. A name without folder is also found in a sub-folder
        if there is only one of that name.

        Raises:
            InvalidRequestError: no safe path, no audio file, or several recordings have the name, which are listed.
            ResourceNotFoundError: there is none.
        """
        relative = safe_relative(words, field)
        for suffix in ("", *SUFFIXES) if words else ():
            try:
                return self._recording(existing_file(self.root, f"{words}{suffix}", field))
            except ResourceNotFoundError:
                continue
        found = list(self._named(relative.name)) if len(relative.parts) == 1 else []
        if not found:
            raise ResourceNotFoundError(f"There is no recording named {words[:80]!r}.", field=field)
        if len(found) > 1:
            names = sorted(recording.name for recording in found)
            raise InvalidRequestError(
                f"Several recordings are named {words[:80]!r}; say the folder too.",
                field=field,
                detail={"names": names[:20]},
            )
        return found[0]

    def _recording(self, path: Path) -> StoredRecording:
        if path.suffix.lower() not in SUFFIXES:
            raise ResourceNotFoundError("There is no such file.")
        return StoredRecording(path.relative_to(self.root.resolve()).as_posix(), path)

    def _named(self, name: str) -> Iterator[StoredRecording]:
        base = self.root.resolve()
        for path in base.rglob("*"):
            if name not in (path.name, path.stem) or path.suffix.lower() not in SUFFIXES or path.is_symlink():
                continue
            if path.is_file() and not any(part.startswith(".") for part in path.relative_to(base).parts):
                yield self._recording(path)
