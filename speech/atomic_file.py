"""Writing a file so that a reader sees all of it or nothing, whatever interrupts the writer."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from exceptions import DiskFullError

BLOCK = 1 << 20
"""Bytes read at a time: large enough for the disk's speed, small beside a model."""

_SUFFIX = ".partial"
PARTIAL = f".*{_SUFFIX}"
"""Pattern of the names of files that are being written."""
_ABANDONED_AFTER = 3600.0
_NO_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ENODEV, errno.ENXIO, errno.ESTALE})


def read_blocks(path: Path) -> Iterator[bytes]:
    """The bytes of `path` in blocks of at most `BLOCK` bytes."""
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            yield block


@contextlib.contextmanager
def disk_failures(what: str) -> Iterator[None]:
    """Turn "no space" and "the disk is gone" into ``DiskFullError``; other ``OSError`` pass.

    Args:
        what: what was being written, as it reads in the sentence.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(f"There is no room on the disk for {what}.") from error
        if error.errno in _NO_DISK:
            raise DiskFullError(f"The disk failed or went away while writing {what}.") from error
        raise


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A path beside `target` to write to; it becomes `target` when the block ends without an exception.

    The file's content and its folder entry are flushed to the disk before the rename counts as done.
    Files that killed writers left behind are swept away after an hour.

    Raises:
        DiskFullError: no space, or the disk is gone.
        OSError: other failures, such as missing rights.
    """
    with disk_failures(target.name):
        target.parent.mkdir(parents=True, exist_ok=True)
        sweep(target.parent.glob(PARTIAL))
        partial = new_partial(target)
        try:
            yield partial
            put_in_place({target: partial})
        finally:
            partial.unlink(missing_ok=True)


def new_partial(target: Path) -> Path:
    """An empty file beside `target`, whose folder exists, to be written and then put in its place."""
    # Not tempfile's: its files are readable by their owner only, whatever the umask says.
    partial = hidden_beside(target)
    partial.open("xb").close()
    return partial


def put_in_place(partials: Mapping[Path, Path]) -> None:
    """Give written files their names, which are the keys, once all of them are on the disk."""
    for partial in partials.values():
        flush(partial)
    for target, partial in partials.items():
        partial.replace(target)
    for folder in {target.parent for target in partials}:
        _flush_folder(folder)


def hidden_beside(target: Path) -> Path:
    """A new hidden name beside `target`; what is left under it is swept away after an hour."""
    return target.with_name(f".{target.name}.{secrets.token_hex(8)}{_SUFFIX}")


def write_atomically(target: Path, blocks: Iterable[bytes], expected_sha256: str | None = None) -> str | None:
    """Write `blocks` to `target` and return their hex SHA-256.

    With `expected_sha256`, nothing is put in place unless the hash agrees, and ``None`` is returned if not.

    Raises:
        DiskFullError: no space, or the disk is gone.
        OSError: other failures.
    """
    digest = hashlib.sha256()
    with contextlib.suppress(_HashDiffers), replacing(target) as partial:
        with partial.open("wb") as stream:
            for block in blocks:
                digest.update(block)
                stream.write(block)
        if expected_sha256 is not None and digest.hexdigest() != expected_sha256:
            raise _HashDiffers
        return digest.hexdigest()
    return None


class _HashDiffers(Exception):  # noqa: N818
    """Leaves the writing block so that the partial file is removed."""


def flush(path: Path) -> None:
    """Have the content of a file on the disk, not on its way there."""
    # A read-write descriptor, because Windows refuses to flush a read-only one.
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(partials: Iterable[Path]) -> None:
    """Remove those of these files that killed writers left behind an hour ago or more."""
    oldest = time.time() - _ABANDONED_AFTER
    for path in partials:
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < oldest:
                path.unlink()
