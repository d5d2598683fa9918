"""Looks at the room on a disk before something is written to it."""

from __future__ import annotations

import shutil
from pathlib import Path

from exceptions import DiskFullError

MEGABYTE = 1_000_000
RETRY_SECONDS = 60


def require_free(folder: Path, megabytes: int) -> None:
    """Refuse while the disk of `folder`, which need not exist yet, has less than `megabytes` free.

    Raises:
        DiskFullError: with the floor, but not with the folder.
    """
    existing = folder
    while not existing.exists():
        existing = existing.absolute().parent
    if shutil.disk_usage(existing).free < megabytes * MEGABYTE:
        raise DiskFullError(f"Less than {megabytes} MB of disk are free here.", retry_after=RETRY_SECONDS)
