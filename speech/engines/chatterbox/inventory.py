"""Which Chatterbox models lie on this machine and whether their weights are whole, in words for people."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from speech.engines.chatterbox.checkpoints import CHECKPOINTS, Checkpoint, find

_MOST_HEADER_BYTES: Final = 100_000_000


@dataclass(frozen=True)
class CheckpointStatus:
    """A released model as it is found here.

    Attributes:
        name: key of `CHECKPOINTS`.
        present: whether all its files are here.
        whole: whether its weights have the length that they announce; true for an absent model.
        sentence: both in words.
    """

    name: str
    present: bool
    whole: bool
    sentence: str


def inventory(local_dir: Path | None, cache_dir: Path | None = None) -> tuple[CheckpointStatus, ...]:
    """The status of every released model; reads no more than the heads of the files.

    Args:
        local_dir: the operator's model folder.
        cache_dir: of the model hub; ``None`` for its usual place.
    """
    return tuple(_status(wanted, find(name, local_dir, cache_dir)) for name, wanted in CHECKPOINTS.items())


def _status(wanted: Checkpoint, folder: Path | None) -> CheckpointStatus:
    name = wanted.name
    if folder is None:
        gigabytes = wanted.megabytes / 1000
        return CheckpointStatus(name, False, True, f"{name}: not on this machine (about {gigabytes:.1f} GB)")
    weights = [folder / file.name for file in wanted.files if file.name.endswith(".safetensors")]
    torn = [path.name for path in weights if not is_whole(path)]
    if torn:
        return CheckpointStatus(name, True, False, f"{name}: damaged in {folder}: {', '.join(torn)}")
    return CheckpointStatus(name, True, True, f"{name}: present in {folder}")


def is_whole(path: Path) -> bool:
    """Whether a safetensors file is as long as its head says; a download that broke off is not.

    The format: eight bytes with the head's length, the head as JSON with the place of each tensor, the numbers.
    """
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > _MOST_HEADER_BYTES:
                return False
            head = json.loads(file.read(length))
        ends = [entry["data_offsets"][1] for name, entry in head.items() if name != "__metadata__"]
        return bool(path.stat().st_size == 8 + length + max(ends, default=0))
    except (OSError, ValueError, struct.error, KeyError, TypeError, AttributeError, IndexError):
        return False
