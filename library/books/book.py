"""A book as it will be read aloud."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Chapter:
    """One chapter.

    Attributes:
        title: as its heading or the table of contents says.
        text: paragraphs with an empty line between them; its heading is the first.
        skipped: why it is left out unless somebody asks for it; empty if it is read.
    """

    title: str
    text: str
    skipped: str = ""


@dataclass(frozen=True)
class Cover:
    """The picture on the front."""

    data: bytes
    kind: Literal["png", "jpeg"]


@dataclass(frozen=True)
class Book:
    """A book.

    Attributes:
        title: of the book.
        author: may be empty.
        language: BCP 47 tag, may be empty.
        chapters: in reading order.
        cover: if there is one.
    """

    title: str
    author: str
    language: str
    chapters: tuple[Chapter, ...]
    cover: Cover | None = None
