"""The note inside the environment that says what is completely installed there.

It is written after the work it tells of, and a set is marked as unfinished before it is touched, so whatever
interrupts an installation leaves a note that is still true.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

FILE_NAME = "chatterbox-stamp.json"
FORMAT = 1
# In place of a digest while a set is being installed: it stays wanted and is due at the next start.
UNFINISHED = ""


@dataclass
class Stamp:
    """What is installed.

    Attributes:
        sets: digest of the requirement files by set name.
        prepared: digest of the default set for which the models were prepared; empty if never.
    """

    sets: dict[str, str] = field(default_factory=dict)
    prepared: str = ""


def read(venv: Path) -> Stamp | None:
    """Read the stamp; None when there is none, or none that this version understands."""
    try:
        data = json.loads((venv / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        return None
    sets = data.get("sets")
    prepared = data.get("prepared", "")
    if not isinstance(sets, dict) or not isinstance(prepared, str):
        return None
    return Stamp({str(name): str(digest) for name, digest in sets.items()}, prepared)


def write(venv: Path, stamp: Stamp) -> None:
    """Write the stamp in one step: a reader sees the old or the new one, never a part."""
    part = venv / (FILE_NAME + ".part")
    text = json.dumps({"format": FORMAT, "sets": stamp.sets, "prepared": stamp.prepared}, indent=2)
    part.write_text(text + "\n", encoding="utf-8")
    part.replace(venv / FILE_NAME)
