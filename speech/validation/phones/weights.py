"""Reads the weight archive of the phone recogniser, a flat file of named arrays."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from exceptions import ModelLoadError

Array = npt.NDArray[np.float32]

_MAGIC: Final = b"HAMAPK\x01"
_KINDS: Final[dict[int, type[np.floating[Any]]]] = {0: np.float32, 1: np.float16}
_ALIGNMENT: Final = 16


def read_archive(path: Path) -> dict[str, Array]:
    """All arrays of a ``.hama`` file (version 1) in single precision, by name, in the file's order.

    Layout, little-endian: eight bytes of magic, the number of arrays, for each its name, kind, shape, offset and
    size, then the data, aligned to 16 bytes.

    Raises:
        ModelLoadError: the file is not of this form.
    """
    content = path.read_bytes()
    try:
        return _read(content)
    except (struct.error, IndexError, KeyError, ValueError) as error:
        raise ModelLoadError(f"The phone recogniser's weights cannot be read: {path.name}.") from error


def _read(content: bytes) -> dict[str, Array]:
    if not content.startswith(_MAGIC):
        raise ValueError("another kind of file")
    (count,) = struct.unpack_from("<I", content, 8)
    position, entries = 12, []
    for _ in range(count):
        (length,) = struct.unpack_from("<H", content, position)
        name = content[position + 2 : position + 2 + length].decode("utf-8")
        position += 2 + length
        kind, axes = content[position], content[position + 1]
        shape = struct.unpack_from(f"<{axes}I", content, position + 2)
        offset, size = struct.unpack_from("<QQ", content, position + 2 + 4 * axes)
        position += 18 + 4 * axes
        entries.append((name, _KINDS[kind], shape, offset, size))
    base = -(-position // _ALIGNMENT) * _ALIGNMENT
    return {
        name: np.frombuffer(content, kind, size // np.dtype(kind).itemsize, base + offset)
        .reshape(shape)
        .astype(np.float32)
        for name, kind, shape, offset, size in entries
    }
