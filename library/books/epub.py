"""EPUB 2 and 3: package, reading order and table of contents to chapters."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from exceptions import InvalidRequestError
from library.books.archive import FIELD, Archive
from library.books.book import Book, Chapter, Cover
from library.books.html_text import Block, blocks, section_types
from library.books.markup import Tag, tokens
from library.books.rules import why_skipped

CONTAINER: Final = "META-INF/container.xml"
MOST_PAGES: Final = 5_000
_METADATA: Final = ("title", "creator", "language")


@dataclass
class _Package:
    """What the package document says."""

    folder: str
    metadata: dict[str, str] = field(default_factory=dict)
    items: dict[str, dict[str, str]] = field(default_factory=dict)
    pages: list[str] = field(default_factory=list)
    cover_id: str = ""
    contents_id: str = ""

    def path(self, item_id: str) -> str:
        """The name in the archive of an item; empty if there is none."""
        item = self.items.get(item_id)
        return _resolved(self.folder, item.get("href", "")) if item else ""


@dataclass(frozen=True)
class _Entry:
    """A line of the table of contents."""

    page: str
    anchor: str
    title: str


def read_epub(data: bytes, name: str) -> Book:
    """The chapters of an EPUB.

    Args:
        data: the file.
        name: of the file, for a book without a title.

    Raises:
        InvalidRequestError: no EPUB, damaged, encrypted or beyond the bounds.
    """
    archive = Archive(data)
    package = _package(archive)
    chapters = _chapters(archive, package, _contents(archive, package))
    if not chapters:
        raise InvalidRequestError("The book has no text.", field=FIELD)
    facts = package.metadata
    return Book(
        title=facts.get("title") or name,
        author=facts.get("creator", ""),
        language=facts.get("language", ""),
        chapters=tuple(chapters),
        cover=_cover(archive, package),
    )


def _package(archive: Archive) -> _Package:
    container = archive.text(CONTAINER) or ""
    paths = [
        tag.attributes.get("full-path", "")
        for tag in tokens(container)
        if isinstance(tag, Tag) and tag.name == "rootfile"
    ]
    document = archive.text(paths[0]) if paths else None
    if document is None:
        raise InvalidRequestError("The file is no EPUB: its package document is missing.", field=FIELD)
    package, within = _Package(posixpath.dirname(paths[0])), ""
    for token in tokens(document):
        if isinstance(token, str):
            if within and within not in package.metadata and token.strip():
                package.metadata[within] = " ".join(token.split())
            continue
        within = token.name if token.name in _METADATA and token.opens and not token.closes else ""
        if token.opens:
            _note(package, token)
    return package


def _note(package: _Package, tag: Tag) -> None:
    facts = tag.attributes
    if tag.name == "item":
        package.items[facts.get("id", "")] = facts
        if "cover-image" in facts.get("properties", "").split():
            package.cover_id = facts.get("id", "")
        if "nav" in facts.get("properties", "").split():
            package.contents_id = facts.get("id", "")
    elif tag.name == "itemref" and facts.get("linear") != "no" and len(package.pages) < MOST_PAGES:
        package.pages.append(facts.get("idref", ""))
    elif tag.name == "spine" and not package.contents_id:
        package.contents_id = facts.get("toc", "")
    elif tag.name == "meta" and facts.get("name") == "cover" and not package.cover_id:
        package.cover_id = facts.get("content", "")


def _contents(archive: Archive, package: _Package) -> list[_Entry]:
    """The table of contents: the navigation page of EPUB 3, or the NCX of EPUB 2."""
    path = package.path(package.contents_id)
    document = archive.text(path) if path else None
    folder = posixpath.dirname(path)
    entries: list[_Entry] = []
    target, title, taking = "", "", True
    for token in tokens(document or ""):
        if isinstance(token, str):
            title += token
        elif token.name == "nav" and token.opens:
            taking = "toc" in token.attributes.get("epub:type", "toc").split()
        elif token.name in ("a", "navlabel") and token.opens:
            target, title = token.attributes.get("href", ""), ""
        elif token.name == "content" and token.opens:
            target = token.attributes.get("src", "")
            _add(entries, folder, target, title)
        elif token.name == "a" and token.closes and taking:
            _add(entries, folder, target, title)
    return entries


def _add(entries: list[_Entry], folder: str, target: str, title: str) -> None:
    path, _, anchor = target.partition("#")
    if path and len(entries) < MOST_PAGES:
        entries.append(_Entry(_resolved(folder, path), unquote(anchor), " ".join(title.split())))


@dataclass
class _Open:
    """A chapter that still grows."""

    title: str
    types: set[str]
    blocks: list[Block] = field(default_factory=list)


def _chapters(archive: Archive, package: _Package, contents: list[_Entry]) -> list[Chapter]:
    entries: dict[str, dict[str, str]] = {}
    for entry in contents:
        entries.setdefault(entry.page, {}).setdefault(entry.anchor, entry.title)
    found: list[_Open] = []
    for path in filter(None, map(package.path, package.pages)):
        markup = archive.text(path)
        if markup is not None:
            _add_page(found, markup, entries.get(path, {}), has_contents=bool(contents))
    return [_finished(chapter, number) for number, chapter in enumerate(found, start=1) if chapter.blocks]


def _add_page(found: list[_Open], markup: str, entries: dict[str, str], *, has_contents: bool) -> None:
    """Append a page: a chapter where the contents name it, else the continuation of the one before."""
    types = section_types(markup)
    if "" in entries or not has_contents or not found or types:
        found.append(_Open(entries.get("", ""), types))
    elif entries and not found[-1].blocks:
        found[-1].types |= types
    for block in blocks(markup):
        anchor = next((anchor for anchor in block.ids if anchor in entries), None)
        if anchor is not None:
            title = entries.pop(anchor)
            if found[-1].blocks:
                found.append(_Open(title, types))
            else:
                found[-1].title = found[-1].title or title
        found[-1].blocks.append(block)


def _finished(chapter: _Open, number: int) -> Chapter:
    heading = next((block.text for block in chapter.blocks if block.heading), "")
    title = chapter.title or " ".join(heading.split())[:200] or f"Part {number}"
    text = "\n\n".join(block.text for block in chapter.blocks)
    return Chapter(title, text, why_skipped(title, chapter.types))


def _cover(archive: Archive, package: _Package) -> Cover | None:
    path = package.path(package.cover_id)
    data = archive.read(path) if path else None
    if data is None:
        return None
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Cover(data, "png")
    return Cover(data, "jpeg") if data.startswith(b"\xff\xd8\xff") else None


def _resolved(folder: str, href: str) -> str:
    """The name in the archive that a reference means; names are only looked up, never opened as paths."""
    return posixpath.normpath(posixpath.join(folder, unquote(href.partition("#")[0])))
