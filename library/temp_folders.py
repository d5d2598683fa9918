"""A temporary folder for each request, so that no two ever meet in a file name."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from speech.atomic_file import disk_failures

PREFIX = "request-"


@contextlib.contextmanager
def request_folder(temp_dir: Path) -> Iterator[Path]:
    """A new folder below `temp_dir` that is gone when the block ends.

    Raises:
        DiskFullError: it cannot be made.
    """
    with disk_failures("temporary files"):
        temp_dir.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=temp_dir))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
