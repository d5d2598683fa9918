"""Keeps two starts from installing into the same environment at once."""

from __future__ import annotations

import getpass
import hashlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

POLL_SECONDS = 0.5

if sys.platform == "win32":
    import msvcrt

    def _try(handle: IO[bytes]) -> bool:
        try:
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try(handle: IO[bytes]) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def lock_file(venv: Path) -> Path:
    """The lock's file: outside the environment, because making that anew removes everything in it."""
    key = hashlib.sha256(f"{getpass.getuser()}:{venv}".encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"chatterbox-{key}.lock"


@contextmanager
def installing(venv: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold the right to install into this environment; the system releases it when the process ends.

    Args:
        venv: the environment's folder.
        on_wait: called once when another start holds the right, before waiting for it.
    """
    with lock_file(venv).open("ab") as handle:
        if not _try(handle):
            on_wait()
            while not _try(handle):
                time.sleep(POLL_SECONDS)
        yield
