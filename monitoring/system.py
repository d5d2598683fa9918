"""What this process and its machine use right now."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

MEGABYTE = 1 << 20
GIGABYTE = 1 << 30


class SystemProbe:
    """Looks at the process, its disk and the number of files in its folders; takes milliseconds per thousand files.

    Args:
        folders: by the name they are reported under; the disk is that of the first.
    """

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = folders
        self._process = psutil.Process()
        # The first call only begins the measurement.
        self._process.cpu_percent()

    def look(self) -> dict[str, Any]:
        """``cpu_percent`` (100 per core), ``memory``, ``disk``, ``file_counts`` and, where one is in use, ``gpu``."""
        with self._process.oneshot():
            memory = self._process.memory_info()
            share = self._process.memory_percent()
            found = {
                "cpu_percent": self._process.cpu_percent(),
                "memory": {
                    "rss_mb": round(memory.rss / MEGABYTE, 1),
                    "vms_mb": round(memory.vms / MEGABYTE, 1),
                    "percent": round(share, 2),
                },
            }
        disk = disk_usage(next(iter(self._folders.values())))
        found["disk"] = {
            "free_gb": round(disk.free / GIGABYTE, 2),
            "usage_percent": round(disk.used * 100 / disk.total, 1),
        }
        found["file_counts"] = {name: count_files(folder) for name, folder in self._folders.items()}
        gpu = gpu_memory()
        return found if gpu is None else {**found, "gpu": {"allocated_mb": round(gpu / MEGABYTE, 1)}}


def disk_usage(folder: Path) -> Any:
    """``total``, ``used`` and ``free`` bytes of the disk on which `folder` is or will be."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder)


def count_files(folder: Path) -> int:
    """Files in `folder` and below; 0 if it is not there."""
    return sum(len(files) for _, _, files in os.walk(folder))


def gpu_memory() -> int | None:
    """Bytes that the speech models hold on the GPU; ``None`` where PyTorch uses none."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return None
    return int(torch.cuda.memory_allocated())
