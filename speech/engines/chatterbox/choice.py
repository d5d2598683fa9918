"""Whether this machine is one for Chatterbox: its packages, its checkpoints, its GPU."""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

from exceptions import ModelLoadError
from speech.engines.chatterbox import compat
from speech.engines.chatterbox.checkpoints import CHECKPOINTS, find


@dataclass(frozen=True)
class Suitability:
    """Whether Chatterbox should speak here, and why or why not, as the end of a sentence."""

    suitable: bool
    reason: str


def examine(local_dir: Path | None, allow_hub: bool, gpu_allowed: bool = True) -> Suitability:
    """Whether ``models.engine: auto`` takes Chatterbox.

    It does with a checkpoint on this machine, or with a GPU where the checkpoint may be downloaded.
    """
    try:
        compat.require()
    except ModelLoadError:
        return Suitability(False, f"the Chatterbox packages are not installed ({compat.INSTALL})")
    if found := on_disk(local_dir):
        return Suitability(True, f"the Chatterbox model {found} lies on this machine")
    gpu = gpu_name() if gpu_allowed else ""
    if not gpu:
        return Suitability(False, "there is neither a GPU nor a Chatterbox model on this machine")
    if not allow_hub:
        return Suitability(False, f"a GPU ({gpu}) is there, but no model, and models.allow_hub forbids a download")
    return Suitability(True, f"a GPU ({gpu}) is there; the model is downloaded")


def on_disk(local_dir: Path | None) -> str | None:
    """The first speaking model that lies on this machine."""
    names = (name for name, checkpoint in CHECKPOINTS.items() if checkpoint.t3)
    return next((name for name in names if find(name, local_dir) is not None), None)


def gpu_name() -> str:
    """The GPU that torch can use, or an empty string; torch is asked only where there may be one."""
    apple = platform.system() == "Darwin" and platform.machine() == "arm64"
    nodes = any(Path(node).exists() for node in ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd"))
    if not (apple or nodes or shutil.which("nvidia-smi")):
        return ""
    import torch

    if torch.cuda.is_available():
        return str(torch.cuda.get_device_name(0))
    return "Apple" if torch.backends.mps.is_available() else ""
