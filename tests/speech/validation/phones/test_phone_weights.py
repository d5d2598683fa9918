"""The archive of the phone recogniser's weights: what is written is read, what is damaged is named."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exceptions import ModelLoadError
from speech.validation.phones.weights import read_archive

ARRAYS = {
    "first": np.arange(6, dtype=np.float32).reshape(2, 3),
    "half": np.array([0.5, -2.0, 1.25], np.float16),
    "onnx::Conv_7": np.zeros((1, 2, 2), np.float32),
}


def packed(arrays: dict[str, np.ndarray]) -> bytes:
    """An archive in the recogniser's layout."""
    table, data = b"", b""
    for name, array in arrays.items():
        kind = 1 if array.dtype == np.float16 else 0
        table += struct.pack("<H", len(name)) + name.encode() + bytes([kind, array.ndim])
        table += struct.pack(f"<{array.ndim}I", *array.shape) + struct.pack("<QQ", len(data), array.nbytes)
        data += array.tobytes()
    head = b"HAMAPK\x01\x00" + struct.pack("<I", len(arrays)) + table
    return head + bytes(-len(head) % 16) + data


CONTENT = packed(ARRAYS)


def read(folder: Path, content: bytes) -> dict[str, np.ndarray]:
    path = folder / "weights.hama"
    path.write_bytes(content)
    return dict(read_archive(path))


def test_arrays_come_back_in_order_and_in_single_precision(tmp_path: Path) -> None:
    found = read(tmp_path, CONTENT)

    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == np.float32
        np.testing.assert_array_equal(found[name], array.astype(np.float32))


@given(st.integers(0, len(CONTENT) - 1))
def test_an_archive_that_ends_early_is_named(tmp_path_factory: pytest.TempPathFactory, length: int) -> None:
    with pytest.raises(ModelLoadError, match=r"weights\.hama"):
        read(tmp_path_factory.mktemp("archive"), CONTENT[:length])


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and more", b"HAMAPK\x01\x00" + b"\xff" * 64])
def test_other_files_are_named(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ModelLoadError, match="cannot be read"):
        read(tmp_path, content)
