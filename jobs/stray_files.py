"""Removing files that no job names."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

DAY_SECONDS: Final = 86_400.0


def remove_old(strays: Iterable[Path], seconds: float = DAY_SECONDS) -> None:
    """Remove those of the files that are older; a younger one may belong to a row that is about to be written."""
    oldest = time.time() - seconds
    for path in strays:
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
