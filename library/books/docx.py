"""Word documents: paragraphs and the headings among them to chapters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from exceptions import InvalidRequestError
from library.books.archive import FIELD, Archive
from library.books.book import Book
from library.books.markup import Tag, tokens
from library.books.plain import Heading, cut_at_headings

DOCUMENT: Final = "word/document.xml"
STYLES: Final = "word/styles.xml"
FACTS: Final = "docProps/core.xml"
_HEADING: Final = re.compile(r"heading ([1-9])", re.IGNORECASE)
_CONTENTS: Final = re.compile(r"toc( [1-9]| heading)", re.IGNORECASE)
_SILENT: Final = frozenset({"txbxcontent", "movefrom"})
"""Text boxes, and text that was moved elsewhere; deleted text, notes and comments have elements of their own."""
_INSTEAD: Final = {"tab": " ", "br": "\n", "cr": "\n", "nobreakhyphen": "-"}


@dataclass
class _Style:
    """What a paragraph style says: its level as a heading, 0 for none, and whether it is of a table of contents."""

    level: int = 0
    is_contents: bool = False


@dataclass
class _Paragraph:
    """A paragraph that still grows."""

    style: _Style = field(default_factory=_Style)
    words: list[str] = field(default_factory=list)


def read_docx(data: bytes, name: str) -> Book:
    """The chapters of a Word document: headings of the highest level that occurs more than once begin them.

    Args:
        data: the file.
        name: of the file, for a document without a title.

    Raises:
        InvalidRequestError: no Word document, damaged, encrypted, beyond the bounds, or without text.
    """
    archive = Archive(data)
    document = archive.text(DOCUMENT)
    if document is None:
        raise InvalidRequestError("The file is no Word document: its text is missing.", field=FIELD)
    styles = archive.text(STYLES) or ""
    lines: list[str] = []
    headings: list[Heading] = []
    for paragraph in _paragraphs(document, _styles(styles)):
        text = "".join(paragraph.words).strip()
        if text and not paragraph.style.is_contents:
            if paragraph.style.level:
                headings.append(Heading(len(lines), paragraph.style.level, " ".join(text.split())))
            lines += [text, ""]
    if not lines:
        raise InvalidRequestError("The document has no text.", field=FIELD)
    facts = _facts(archive.text(FACTS) or "")
    title = facts.get("title") or name
    chapters = cut_at_headings(lines, headings, title)
    return Book(title, facts.get("creator", ""), _language(styles), tuple(chapters))


def _paragraphs(document: str, styles: Mapping[str, _Style]) -> Iterator[_Paragraph]:
    paragraph, is_text, depth = _Paragraph(), False, 0
    for token in tokens(document):
        if isinstance(token, str):
            if is_text and not depth:
                paragraph.words.append(token)
            continue
        is_text = token.name == "t" and token.opens and not token.closes
        if token.name in _SILENT and token.opens != token.closes:
            depth = max(0, depth + (1 if token.opens else -1))
        elif depth or not token.opens:
            if token.name == "p" and not depth:
                yield paragraph
                paragraph = _Paragraph()
        else:
            _note(paragraph, token, styles)
    yield paragraph


def _note(paragraph: _Paragraph, tag: Tag, styles: Mapping[str, _Style]) -> None:
    value = tag.attributes.get("val", "")
    if tag.name == "pstyle":
        paragraph.style = styles.get(value, paragraph.style)
    elif tag.name == "outlinelvl":
        paragraph.style = _Style(_level(value), paragraph.style.is_contents)
    elif tag.name in _INSTEAD:
        paragraph.words.append(_INSTEAD[tag.name])


def _styles(markup: str) -> dict[str, _Style]:
    """Styles by id; their names are the English ones, whatever language Word speaks."""
    found: dict[str, _Style] = {}
    style = _Style()
    for token in tokens(markup):
        if isinstance(token, str) or not token.opens:
            continue
        value = token.attributes.get("val", "")
        if token.name == "style":
            style = found.setdefault(token.attributes.get("styleid", ""), _Style())
        elif token.name == "name":
            heading = _HEADING.fullmatch(value)
            style.level = int(heading[1]) if heading else style.level
            style.is_contents = _CONTENTS.fullmatch(value) is not None
        elif token.name == "outlinelvl":
            style.level = _level(value)
    return found


def _level(outline: str) -> int:
    """The level of a heading; outlines count from 0, and 9 is text."""
    return int(outline) + 1 if outline in set("012345678") else 0


def _language(styles: str) -> str:
    marks = (token for token in tokens(styles) if isinstance(token, Tag) and token.name == "lang")
    return next((mark.attributes.get("val", "") for mark in marks), "")


def _facts(markup: str) -> dict[str, str]:
    facts: dict[str, str] = {}
    within = ""
    for token in tokens(markup):
        if isinstance(token, Tag):
            within = token.name if token.opens and not token.closes else ""
        elif within in ("title", "creator") and token.strip():
            facts[within] = " ".join(token.split())[:200]
    return facts
