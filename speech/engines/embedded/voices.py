"""The 28 English voices that ship with the embedded engine: their names, accents and style tables."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from exceptions import InvalidRequestError
from speech.engines.protocol import Voice

StyleTable = npt.NDArray[np.float32]
"""Shape (510, 256): one style vector for each number of phonemes in a call."""

_FILE: Final = Path(__file__).parent / "data" / "voices_en.npz"
_ACCENTS: Final = {"a": ("en-US", "American"), "b": ("en-GB", "British")}
_GENDERS: Final[dict[str, Literal["female", "male"]]] = {"f": "female", "m": "male"}
_DEFAULT: Final = "af_heart"


class VoiceTable:
    """The shipped voices, read from disk when first asked for."""

    def __init__(self, path: Path = _FILE) -> None:
        self._path = path

    @functools.cached_property
    def voices(self) -> tuple[Voice, ...]:
        """All voices, the default first, then by name."""
        names = sorted(self._tables, key=lambda name: (name != _DEFAULT, name))
        return tuple(_describe(name, self._tables[name]) for name in names)

    def __contains__(self, name: str) -> bool:
        return name in self._tables

    def style(self, name: str) -> StyleTable:
        """Style vectors of a voice.

        Raises:
            InvalidRequestError: no voice has this name.
        """
        try:
            return self._tables[name].astype(np.float32)
        except KeyError as error:
            raise InvalidRequestError(f"The embedded engine has no voice named {name!r}.", field="voice") from error

    @functools.cached_property
    def _tables(self) -> dict[str, npt.NDArray[np.float16]]:
        with np.load(self._path) as archive:
            return {name: archive[name] for name in archive.files}


def _describe(name: str, table: npt.NDArray[np.float16]) -> Voice:
    # Kokoro's names begin with the accent's and the gender's letter: "bm_george" is a British male voice.
    language, accent = _ACCENTS[name[0]]
    gender = _GENDERS[name[1]]
    return Voice(
        name=name,
        language=language,
        description=f"{name[3:].capitalize()}, {accent} {gender}",
        content_hash=hashlib.sha256(table.tobytes()).hexdigest(),
        gender=gender,
    )
