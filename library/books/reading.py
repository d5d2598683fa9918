"""Any book file to a book."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final

from exceptions import UnsupportedMediaError
from library.books.archive import FIELD
from library.books.book import Book
from library.books.docx import read_docx
from library.books.epub import read_epub
from library.books.plain import markdown_chapters, plain_chapters
from library.text_files import KINDS, read_text_file

BOOK_SUFFIXES: Final = (*KINDS, ".epub", ".docx")
"""What is read, by the ending of the file's name."""


def read_book(name: str, data: bytes, most_characters: int) -> Book:
    """Understand a book file.

    Args:
        name: as the client named it.
        data: its bytes.
        most_characters: of a text file.

    Raises:
        UnsupportedMediaError: not one of `BOOK_SUFFIXES`.
        InvalidRequestError: empty, damaged, or beyond the bounds.
    """
    own = PurePosixPath(name.replace("\\", "/")).name
    suffix = PurePosixPath(own).suffix.lower()
    if suffix not in BOOK_SUFFIXES:
        raise UnsupportedMediaError(
            f"{own[:60]!r} is not read as a book; files ending in {', '.join(BOOK_SUFFIXES)} are.", field=FIELD
        )
    title = PurePosixPath(own).stem.replace("_", " ")[:200]
    if suffix == ".epub":
        return read_epub(data, title)
    if suffix == ".docx":
        return read_docx(data, title)
    file = read_text_file(own, data, most_characters)
    split = markdown_chapters if file.kind == "markdown" else plain_chapters
    return Book(title, "", "", tuple(split(file.text, title)))
