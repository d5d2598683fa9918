"""Books that were handed in, kept under the checksum of their file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container
from pathlib import Path
from typing import Final

from exceptions import ResourceNotFoundError
from jobs.stray_files import DAY_SECONDS, remove_old
from library.books import Book, read_book
from speech.atomic_file import write_atomically

ID_LENGTH: Final = 24


class BookShelf:
    """A folder of books.

    Args:
        root: the folder; made when first written to.
        longest_text: characters of a book in plain text.
    """

    def __init__(self, root: Path, longest_text: int) -> None:
        self._root = root
        self._longest = longest_text

    def add(self, name: str, data: bytes) -> tuple[str, Book]:
        """Keep a book file; returns its id and what was understood.

        Raises:
            UnsupportedMediaError, InvalidRequestError: as of `library.books.read_book`.
            DiskFullError: no room.
        """
        book = read_book(name, data, self._longest)
        book_id = hashlib.sha256(name.encode("utf-8", "replace") + b"\0" + data).hexdigest()[:ID_LENGTH]
        write_atomically(self._root / f"{book_id}.book", [data])
        write_atomically(self._root / f"{book_id}.json", [json.dumps({"name": name}).encode()])
        return book_id, book

    def get(self, book_id: str) -> Book:
        """The book of that id.

        Raises:
            ResourceNotFoundError: there is none.
        """
        known = len(book_id) == ID_LENGTH and book_id.isalnum() and book_id.isascii()
        record = self._root / f"{book_id}.json"
        if not known or not record.is_file():
            raise ResourceNotFoundError("There is no such book; hand it in again.", field="book")
        name = json.loads(record.read_text("utf-8"))["name"]
        return read_book(name, (self._root / f"{book_id}.book").read_bytes(), self._longest)

    def sweep(self, used: Container[str], days: float) -> None:
        """Remove books that are not in use and were handed in more than so many days ago."""
        # The record goes first: a book without its record is not known, while a record without its book would be.
        for ending in ("json", "book"):
            strays = (path for path in self._root.glob(f"*.{ending}") if path.stem not in used)
            remove_old(strays, days * DAY_SECONDS)
