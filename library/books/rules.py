"""Which chapters a narrator leaves out: covers, contents, imprints, notes, and what sells other books."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

_TYPES: Final = frozenset({
    "cover", "titlepage", "halftitlepage", "copyright-page", "imprint", "toc", "landmarks", "loi", "lot", "index",
    "endnotes", "footnotes", "rearnotes", "notes", "bibliography", "colophon", "acknowledgments",
    "acknowledgements", "other-credits", "errata",
})  # fmt: skip
"""Of the EPUB structural semantics vocabulary."""

_TITLES: Final = re.compile(
    r"(?:the )?(?:full )?(?:"
    r"(?:front |back )?cover(?: page)?|(?:half[- ]?)?title(?: page)?|copyright(?: page| notice)?|imprint|colophon|"
    r"(?:table of )?contents|list of (?:illustrations|figures|tables|plates|maps)|illustrations|"
    r"acknowledge?ments?|about the (?:author|publisher)s?|also by .*|(?:other )?books by .*|praise for .*|"
    r"index|(?:end|foot)?notes|bibliography|references|works cited|further reading|glossary|advertisements?|"
    r"newsletter|transcriber['’]s notes?|(?:the )?(?:full )?project gutenberg.*licen[cs]e"
    r")",
    re.IGNORECASE,
)


def why_skipped(title: str, types: Collection[str] = ()) -> str:
    """A few words on why a chapter is not read by itself; empty if it is.

    Args:
        title: of the chapter.
        types: what the book itself says it is, in EPUB's vocabulary.
    """
    for kind in sorted(_TYPES & set(types)):
        return f"marked as {kind}"
    bare = " ".join(title.split()).strip(" .:*_—–-")
    return f"titled {bare!r}" if _TITLES.fullmatch(bare) else ""
