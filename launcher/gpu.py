"""Finds a GPU without importing anything that is not in the standard library."""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path

ASK_SECONDS = 10


def find_gpu() -> str:
    """Name the GPU that torch could use here, or return an empty string."""
    return _nvidia() or _rocm() or _apple()


def _nvidia() -> str:
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    try:
        answer = subprocess.run(
            [program, "--query-gpu=name,memory.total", "--format=csv,noheader"],
            capture_output=True, text=True, timeout=ASK_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    lines = answer.stdout.strip().splitlines()
    return lines[0].strip() if answer.returncode == 0 and lines else ""


def _rocm() -> str:
    # The kernel driver's device file is what ROCm itself opens.
    return "AMD (ROCm)" if Path("/dev/kfd").exists() and shutil.which("rocminfo") else ""


def _apple() -> str:
    return "Apple (Metal)" if platform.system() == "Darwin" and platform.machine() == "arm64" else ""
