"""The words of an HTML page as a narrator would read them: paragraphs and headings, without notes and machinery."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from library.books.markup import Tag, tokens

_BLOCKS: Final = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "dd", "div", "dl", "dt", "figcaption",
    "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre",
    "section", "table", "td", "th", "tr", "ul",
})  # fmt: skip
_SILENT: Final = frozenset({
    "head", "iframe", "math", "nav", "noscript", "object", "script", "style", "svg", "template", "title",
})  # fmt: skip
_NOTES: Final = frozenset({
    "noteref", "footnote", "footnotes", "endnote", "endnotes", "rearnote", "rearnotes", "pagebreak",
})  # fmt: skip
_EMPTY: Final = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
})  # fmt: skip
_HEADINGS: Final = frozenset({
    "h1", "h2", "h3", "h4", "h5", "h6",
})  # fmt: skip
_SPACE: Final = re.compile(r"[ \t\r\n\f]+")


@dataclass(frozen=True)
class Block:
    """A paragraph.

    Attributes:
        text: on one line, but for line breaks that the page asks for.
        heading: level of a heading, 0 for others.
        ids: anchors that lie before or in it.
    """

    text: str
    heading: int
    ids: tuple[str, ...]


def blocks(markup: str) -> list[Block]:
    """All paragraphs of a page, in order; linear in its length."""
    return list(_Page().read(markup))


def section_types(markup: str) -> set[str]:
    """What the page says it is, as `epub:type` of its body and outermost section."""
    types: set[str] = set()
    for token in tokens(markup):
        if isinstance(token, Tag) and token.opens and token.name in ("html", "body", "section", "article"):
            types |= set(token.attributes.get("epub:type", "").split())
        elif isinstance(token, Tag) and token.name in ("p", "h1", "h2"):
            break
    return types


class _Page:
    def __init__(self) -> None:
        self._words: list[str] = []
        self._ids: list[str] = []
        self._heading = 0
        self._silent: list[str] = []

    def read(self, markup: str) -> Iterator[Block]:
        for token in tokens(markup):
            if isinstance(token, str):
                if not self._silent:
                    self._words.append(_SPACE.sub(" ", token))
            elif self._silent:
                self._hush(token)
            else:
                yield from self._tag(token)
        yield from self._end()

    def _tag(self, tag: Tag) -> Iterator[Block]:
        if tag.name in _BLOCKS:
            yield from self._end()
            self._heading = int(tag.name[1]) if tag.name in _HEADINGS and tag.opens else 0
        elif tag.name == "br":
            self._words.append("\n")
        if tag.opens:
            if anchor := tag.attributes.get("id") or tag.attributes.get("name"):
                self._ids.append(anchor)
            if self._is_silent(tag) and not tag.closes and tag.name not in _EMPTY:
                self._silent.append(tag.name)

    def _hush(self, tag: Tag) -> None:
        """Within something silent, only its own name matters."""
        if tag.name != self._silent[0] or tag.name in _EMPTY:
            return
        if tag.opens and not tag.closes:
            self._silent.append(tag.name)
        elif tag.closes and not tag.opens:
            self._silent.pop()

    @staticmethod
    def _is_silent(tag: Tag) -> bool:
        role = tag.attributes.get("role", "").removeprefix("doc-")
        return tag.name in _SILENT or role in _NOTES or bool(_NOTES & set(tag.attributes.get("epub:type", "").split()))

    def _end(self) -> Iterator[Block]:
        lines = "".join(self._words).split("\n")
        text = "\n".join(filter(None, (_SPACE.sub(" ", line).strip() for line in lines)))
        self._words = []
        if text:
            yield Block(text, self._heading, tuple(self._ids))
            self._ids = []
