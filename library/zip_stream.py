"""A zip file of files, made while it is sent: nothing is written to the disk and little is held in memory."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

_BLOCK: Final = 1 << 18


class _Pipe(io.RawIOBase):
    """Takes what the zip writer writes until it is fetched."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._waiting += data
        return len(data)

    def take(self) -> bytes:
        """What was written since the last call."""
        taken, self._waiting = bytes(self._waiting), bytearray()
        return taken


def zip_blocks(files: Iterable[tuple[str, Path]]) -> Iterator[bytes]:
    """Blocks of a zip file, uncompressed as audio hardly shrinks.

    Args:
        files: name within the zip, and path. A file that is gone by its turn is left out.
    """
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:
        for name, path in files:
            try:
                source = path.open("rb")
            except OSError:
                continue
            with source, archive.open(zipfile.ZipInfo.from_file(path, name), "w", force_zip64=True) as target:
                while block := source.read(_BLOCK):
                    target.write(block)
                    yield pipe.take()
            yield pipe.take()
    yield pipe.take()
