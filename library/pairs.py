"""An audio file and its sidecar on disk: they appear, change, move and die together.

A sidecar never describes another audio file than the one beside it, whatever interrupts the work: the old one goes
before its audio is replaced, and the new one comes after. In between the audio is there without a sidecar.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exceptions import ConflictError
from speech.atomic_file import disk_failures, flush, hidden_beside, replacing


@dataclass(frozen=True)
class Pair:
    """Where an audio file and its sidecar lie; neither need exist."""

    audio: Path
    sidecar: Path


def save_pair(pair: Pair, source: Path, content: Mapping[str, Any]) -> None:
    """Put a copy of `source` in the place of the audio, with its sidecar; what was there before is replaced.

    Raises:
        DiskFullError: no room, or the disk is gone; what was there before is still there.
        OSError: other failures, likewise.
    """
    before = _identity(pair.audio)
    aside = hidden_beside(pair.sidecar)
    with replacing(pair.sidecar) as new_sidecar:
        new_sidecar.write_text(_text(content), "utf-8")
        flush(new_sidecar)
        try:
            with replacing(pair.audio) as new_audio:
                shutil.copyfile(source, new_audio)
                flush(new_audio)
                if pair.sidecar.exists():
                    pair.sidecar.replace(aside)
        except BaseException:
            if aside.exists() and _identity(pair.audio) == before:
                aside.replace(pair.sidecar)
            raise
        finally:
            aside.unlink(missing_ok=True)


def write_sidecar(sidecar: Path, content: Mapping[str, Any]) -> None:
    """Replace a sidecar.

    Raises:
        DiskFullError: no room, or the disk is gone.
    """
    with replacing(sidecar) as partial:
        partial.write_text(_text(content), "utf-8")


def move_pair(old: Pair, new: Pair, content: Mapping[str, Any]) -> None:
    """Give a pair another place and its sidecar new content.

    Raises:
        DiskFullError: no room, or the disk is gone; the old pair is still there.
        OSError: other failures, likewise.
    """
    write_sidecar(new.sidecar, content)
    try:
        with _in_use(), disk_failures(new.audio.name):
            old.audio.rename(new.audio)
    except BaseException:
        new.sidecar.unlink(missing_ok=True)
        raise
    old.sidecar.unlink(missing_ok=True)


def remove_files(audio: Path, others: tuple[Path, ...] = ()) -> None:
    """Delete an audio file and what belongs to it; what is gone already is passed over.

    Raises:
        ConflictError: another program holds the audio open, as Windows forbids then.
    """
    with _in_use():
        audio.unlink(missing_ok=True)
    for path in others:
        path.unlink(missing_ok=True)


def remove_empty_folders(root: Path, folder: Path) -> None:
    """Remove `folder` if it is empty, and then those above it below `root`."""
    with contextlib.suppress(OSError):
        while folder != root and folder.is_relative_to(root):
            folder.rmdir()
            folder = folder.parent


@contextlib.contextmanager
def _in_use() -> Any:
    try:
        yield
    except PermissionError as error:
        raise ConflictError("The file is in use, or may not be changed.") from error


def _identity(path: Path) -> tuple[int, int, int] | None:
    try:
        state = path.stat()
    except FileNotFoundError:
        return None
    return state.st_ino, state.st_mtime_ns, state.st_size


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1)
