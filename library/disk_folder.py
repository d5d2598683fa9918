"""What lies in one folder of a library: audio files with their sidecars, and sub-folders."""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from library.roots import MAX_DEPTH, is_safe_segment
from speech.audio.decode import SUFFIXES

LONGEST_SIDECAR: Final = 64_000_000
"""Bytes; what is larger was not written by us and is not read."""


@dataclass(frozen=True)
class AudioOnDisk:
    """An audio file.

    Attributes:
        size: in bytes.
        changed: nanoseconds since 1970.
        sidecar: path of the sidecar, empty if there is none.
        sidecar_changed: nanoseconds since 1970, 0 without sidecar.
    """

    size: int
    changed: int
    sidecar: str
    sidecar_changed: int

    def read_sidecar(self) -> Mapping[str, Any]:
        """Content of the sidecar; empty where there is none or it is no JSON object."""
        return read_sidecar(Path(self.sidecar)) if self.sidecar else {}


@dataclass(frozen=True)
class FolderOnDisk:
    """A folder.

    Attributes:
        files: audio by its name relative to the root, in NFC.
        subfolders: relative to the root.
    """

    files: Mapping[str, AudioOnDisk]
    subfolders: tuple[str, ...]


def read_sidecar(path: Path) -> dict[str, Any]:
    """A sidecar's content; empty if it is missing, too large or no JSON object."""
    try:
        if path.stat().st_size > LONGEST_SIDECAR:
            return {}
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def read_folder(root: Path, folder: str, sidecar_name: Callable[[str], str]) -> FolderOnDisk:
    """Audio and folders in one folder; links, hidden and unsafe names are passed over.

    Args:
        root: of the library.
        folder: relative to it, with ``/``.
        sidecar_name: file name of the sidecar to an audio file's name.
    """
    try:
        with os.scandir(root / folder) as scanned:
            entries = {entry.name: entry for entry in scanned}
    except OSError:
        return FolderOnDisk({}, ())
    files: dict[str, AudioOnDisk] = {}
    subfolders: list[str] = []
    prefix = f"{folder}/" if folder else ""
    for name in sorted(entries):
        entry = entries[name]
        is_audio = name.lower().endswith(SUFFIXES)
        if not (is_audio or entry.is_dir(follow_symlinks=False)) or entry.is_symlink():
            continue
        shown = name if name.isascii() else unicodedata.normalize("NFC", name)
        if not is_safe_segment(shown):
            continue
        if entry.is_dir(follow_symlinks=False):
            if prefix.count("/") < MAX_DEPTH - 1:
                subfolders.append(prefix + shown)
        elif (audio := _audio(entry, entries.get(sidecar_name(name)))) is not None:
            files.setdefault(prefix + shown, audio)
    return FolderOnDisk(files, tuple(subfolders))


def _audio(entry: os.DirEntry[str], beside: os.DirEntry[str] | None) -> AudioOnDisk | None:
    try:
        state = entry.stat(follow_symlinks=False)
        if not entry.is_file(follow_symlinks=False):
            return None
        if beside is None or not beside.is_file(follow_symlinks=False):
            return AudioOnDisk(state.st_size, state.st_mtime_ns, "", 0)
        return AudioOnDisk(
            state.st_size, state.st_mtime_ns, beside.path, beside.stat(follow_symlinks=False).st_mtime_ns
        )
    except OSError:
        # Gone since the folder was read.
        return None
