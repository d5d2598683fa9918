"""Recordings that jobs convert, kept under the checksum of their file."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from pathlib import Path
from threading import Lock
from typing import Final

from exceptions import GenerationError, ResourceNotFoundError
from jobs.stray_files import remove_old
from speech.atomic_file import read_blocks, write_atomically
from speech.conversion.pieces import Piece
from speech.weights import file_sha256

PIECES_KEPT: Final = 2
"""Pieces that were read already, since several workers ask in nearly the order of the recording."""


class RecordingShelf:
    """A folder of recordings.

    Args:
        root: the folder; made when first written to.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def add(self, file: Path) -> str:
        """Keep a copy of a recording; returns its id.

        Raises:
            DiskFullError: no room.
        """
        recording_id = file_sha256(file)
        write_atomically(self._root / recording_id, read_blocks(file))
        return recording_id

    def path(self, recording_id: str) -> Path:
        """Where the recording of that id lies.

        Raises:
            ResourceNotFoundError: it is gone.
        """
        path = self._root / recording_id
        if not path.is_file():
            raise ResourceNotFoundError("The recording of this job is gone; hand it in again.")
        return path

    def sweep(self, used: Container[str]) -> None:
        """Remove recordings that are not in use, unless they are younger than a day."""
        remove_old(path for path in self._root.glob("*") if path.name not in used)


class PieceReader:
    """Pieces of one recording by their index; thread-safe, and quick where they are asked for in order.

    Args:
        cut: cuts the recording from its beginning.
    """

    def __init__(self, cut: Callable[[], Iterator[Piece]]) -> None:
        self._cut = cut
        self._lock = Lock()
        self._pieces = cut()
        self._recent: dict[int, Piece] = {}
        self._next = 0

    def get(self, index: int) -> Piece:
        """The piece of that index.

        Raises:
            GenerationError: the recording does not reach so far.
            InvalidRequestError: it cannot be read.
        """
        with self._lock:
            if index < self._next and index not in self._recent:
                self._pieces = self._cut()
                self._recent.clear()
            while index not in self._recent:
                if (piece := next(self._pieces, None)) is None:
                    raise GenerationError("The recording of this job cannot be read to that place any more.")
                self._recent[piece.index] = piece
                self._recent.pop(piece.index - PIECES_KEPT, None)
                self._next = piece.index + 1
            return self._recent[index]
