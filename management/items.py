"""What lies in a folder: audio together with everything that belongs to it, as one item."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from library.outputs import KEEP_SUFFIX

AUDIO = frozenset({".wav", ".mp3", ".flac", ".opus", ".ogg", ".m4a", ".m4b", ".aac", ".pcm"})
_BESIDE = frozenset({".json", ".csv", ".srt", ".vtt", ".txt", ".captions", ".settings", KEEP_SUFFIX})
_PART = re.compile(r"_(original|chunk\d{3,})$")


@dataclass(frozen=True)
class StoredFile:
    """One file as it was seen.

    Attributes:
        path: where it lies.
        size: in bytes.
        modified: seconds since the epoch.
    """

    path: Path
    size: int
    modified: float


@dataclass(frozen=True)
class Item:
    """Files that come and go together: formats of one result, its chunks, captions and sidecars.

    Attributes:
        files: at least one.
        kept: somebody marked it as not to be removed.
    """

    files: tuple[StoredFile, ...]
    kept: bool

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def modified(self) -> float:
        """When the last of them changed."""
        return max(file.modified for file in self.files)

    @property
    def audio(self) -> tuple[StoredFile, ...]:
        """Those of its files that are audio."""
        return tuple(file for file in self.files if file.path.suffix.lower() in AUDIO)

    @property
    def empty(self) -> bool:
        """Whether it is audio without a single byte of it."""
        return bool(self.audio) and not any(file.size for file in self.audio)


def items_in(folder: Path) -> list[Item]:
    """All items in `folder` and below, oldest first; none if it is not there.

    Links are not followed; names that begin with a dot are the program's own and no items.
    """
    found = list(_walk(folder, False))
    return sorted(found, key=lambda item: (item.modified, item.files[0].path))


def stem_of(name: str) -> str:
    """What the files of an item have in common: the name without endings and without the mark of a part."""
    stem = PurePath(name)
    while stem.suffix.lower() in _BESIDE:
        stem = stem.with_suffix("")
    if stem.suffix.lower() in AUDIO:
        stem = stem.with_suffix("")
    return _PART.sub("", stem.name)


def _walk(folder: Path, kept: bool) -> Iterator[Item]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    kept = kept or any(entry.name == KEEP_SUFFIX for entry in entries)
    groups: dict[str, list[StoredFile]] = defaultdict(list)
    for entry in entries:
        if entry.name.startswith("."):
            continue
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(Path(entry.path), kept)
            elif entry.is_file(follow_symlinks=False):
                status = entry.stat(follow_symlinks=False)
                groups[stem_of(entry.name)].append(StoredFile(Path(entry.path), status.st_size, status.st_mtime))
        except OSError:
            continue  # it went while we were looking
    for files in groups.values():
        marked = any(file.path.suffix == KEEP_SUFFIX for file in files)
        yield Item(tuple(sorted(files, key=lambda file: file.path)), kept or marked)
