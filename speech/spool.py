"""Assembled audio on disk, read as often as a step needs it, so that a book never lies in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Final

import numpy as np

from speech.atomic_file import disk_failures
from speech.samples import Samples

BLOCK: Final = 24_000
"""Samples read at a time."""

_BYTES: Final = np.dtype(np.float32).itemsize


class Spool:
    """A nameless temporary file of samples; gone when it is closed or the process ends.

    Used as a context manager.

    Args:
        folder: where the file is made; made if missing.
        sample_rate: in Hz.
    """

    def __init__(self, folder: Path, sample_rate: int) -> None:
        with disk_failures("the audio that is being assembled"):
            folder.mkdir(parents=True, exist_ok=True)
            self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder, prefix="assembly-")  # noqa: SIM115
        self._rate = sample_rate
        self.sample_count = 0

    @property
    def seconds(self) -> float:
        """Length so far."""
        return self.sample_count / self._rate

    def write(self, samples: Samples) -> None:
        """Append.

        Raises:
            DiskFullError: no room.
        """
        with disk_failures("the audio that is being assembled"):
            self._file.seek(self.sample_count * _BYTES)
            self._file.write(np.ascontiguousarray(samples, dtype=np.float32).tobytes())
        self.sample_count += len(samples)

    def blocks(self) -> Iterator[Samples]:
        """All samples in blocks of at most `BLOCK`; may run several times."""
        position = 0
        while position < self.sample_count:
            count = min(BLOCK, self.sample_count - position)
            self._file.seek(position * _BYTES)
            yield np.frombuffer(self._file.read(count * _BYTES), dtype=np.float32)
            position += count

    def close(self) -> None:
        """Remove the file."""
        self._file.close()

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
