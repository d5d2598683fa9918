"""EPUB files made for tests."""

import io
import zipfile
from collections.abc import Mapping

CONTAINER = (
    '<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db00000"
    "000049454e44ae426082"
)


def page(body: str, kind: str = "") -> str:
    types = f' epub:type="{kind}"' if kind else ""
    return f"<html><head><title>No part of it</title><style>p {{}}</style></head><body{types}>{body}</body></html>"


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def package(pages: Mapping[str, str], extra: str = "", metadata: str = "", spine: str = "") -> str:
    items = "".join(
        f'<item id="i{n}" href="{name}" media-type="application/xhtml+xml"/>' for n, name in enumerate(pages)
    )
    order = "".join(f'<itemref idref="i{n}"/>' for n in range(len(pages)))
    facts = metadata or "<dc:title>The Sea</dc:title><dc:creator>A. Writer</dc:creator><dc:language>en</dc:language>"
    return (
        f'<package xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>{facts}</metadata>'
        f"<manifest>{items}{extra}</manifest><spine {spine}>{order}</spine></package>"
    )


def epub(
    pages: Mapping[str, str], extra: str = "", more: Mapping[str, str | bytes] | None = None, spine: str = ""
) -> bytes:
    """A book of these pages, with further manifest items and members."""
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": CONTAINER,
            "OEBPS/book.opf": package(pages, extra, spine=spine),
            **{f"OEBPS/{name}": content for name, content in pages.items()},
            **(more or {}),
        }
    )


def sea_book() -> bytes:
    """Three chapters between front matter and notes, with contents and a cover."""
    noted = 'The sea was calm.<a epub:type="noteref" href="n.xhtml">1</a>'
    second = '<h2 id="two">Two</h2><p>A wind rose &amp; fell.</p>'
    pages = {
        "title.xhtml": page("<h1>The Sea</h1><p>by A. Writer</p>", "titlepage"),
        "c1.xhtml": page(f"<h2>One</h2><p>{noted}</p><p>Nobody spoke.</p>"),
        "c2.xhtml": page(second + '<h2 id="three">Three</h2><p>Then it was night.</p>'),
        "n.xhtml": page("<h2>Notes</h2><p>A note.</p>"),
    }
    lines = {
        "title.xhtml": "Title Page", "c1.xhtml": "Chapter One", "c2.xhtml#two": "Chapter Two",
        "c2.xhtml#three": "Chapter Three", "n.xhtml": "Notes",
    }  # fmt: skip
    entries = "".join(f'<li><a href="{target}">{title}</a></li>' for target, title in lines.items())
    nav = page(f'<nav epub:type="toc"><ol>{entries}</ol></nav>')
    extra = (
        '<item id="nav" href="nav.xhtml" properties="nav"/><item id="img" href="cover.png" properties="cover-image"/>'
    )
    return epub(pages, extra, {"OEBPS/nav.xhtml": nav, "OEBPS/cover.png": PNG})
