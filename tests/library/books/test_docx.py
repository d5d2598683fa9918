"""Word documents to chapters, and hostile ones to a sentence."""

import time
from collections.abc import Mapping
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exceptions import InvalidRequestError
from library.books import read_book
from tests.support.epubs import zipped

MOST = 5_000_000
STYLES = (
    '<w:styles><w:docDefaults><w:rPrDefault><w:rPr><w:lang w:val="de-DE"/></w:rPr></w:rPrDefault></w:docDefaults>'
    '<w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="berschrift2"><w:name w:val="heading 2"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Mine"><w:name w:val="Mine"/>'
    '<w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Verzeichnis1"><w:name w:val="toc 1"/></w:style></w:styles>'
)
FACTS = "<cp:coreProperties><dc:title>The &amp; Sea</dc:title><dc:creator>A. Writer</dc:creator></cp:coreProperties>"


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def paragraph(inside: str, style: str = "", properties: str = "") -> str:
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f'<w:p><w:pPr><w:tabs><w:tab w:val="left"/></w:tabs>{named}{properties}</w:pPr>{inside}</w:p>'


def docx(*paragraphs: str, more: Mapping[str, str | bytes] | None = None) -> bytes:
    body = "".join(paragraphs)
    members = {"word/document.xml": f"<w:document><w:body>{body}</w:body></w:document>", "word/styles.xml": STYLES}
    return zipped({**members, "docProps/core.xml": FACTS, **(more or {})})


def test_headings_begin_chapters_in_any_language_of_word() -> None:
    data = docx(
        paragraph(run("A foreword.")),
        paragraph(run("One"), "berschrift1"), paragraph(run("It ") + run("began.")),
        paragraph(run("A part of it"), "berschrift2"), paragraph(run("It went on.")),
        paragraph(run("Two"), "Mine"), paragraph(run("It ended.")),
        paragraph(run("Index"), properties='<w:outlineLvl w:val="0"/>'), paragraph(run("Sea, 1.")),
    )  # fmt: skip
    book = read_book("sea.docx", data, MOST)
    assert (book.title, book.author, book.language) == ("The & Sea", "A. Writer", "de-DE")
    assert [(chapter.title, bool(chapter.skipped)) for chapter in book.chapters] == [
        ("The & Sea", True), ("One", False), ("Two", False), ("Index", True),
    ]  # fmt: skip
    assert book.chapters[1].text == "One\n\nIt began.\n\nA part of it\n\nIt went on."


def test_only_what_a_reader_sees_in_the_text_is_read() -> None:
    box = "<w:r><w:pict><w:txbxContent><w:p><w:r><w:t>A box.</w:t></w:r></w:p></w:txbxContent></w:pict></w:r>"
    data = docx(
        paragraph(run("Contents 1"), "Verzeichnis1"),
        paragraph(run("Kept") + "<w:del><w:r><w:delText> deleted</w:delText></w:r></w:del>" + run(" text.") + box),
        paragraph("<w:r><w:instrText> PAGE </w:instrText></w:r><w:moveFrom><w:r><w:t>Gone.</w:t></w:r></w:moveFrom>"),
        paragraph(run("A") + "<w:r><w:tab/><w:t>tab</w:t><w:br/><w:t>and a line.</w:t></w:r>"),
        "<w:tbl><w:tr><w:tc>" + paragraph(run("A cell.")) + "</w:tc></w:tr></w:tbl>",
        more={"word/footnotes.xml": paragraph(run("A note."))},
    )
    [chapter] = read_book("x.docx", data, MOST).chapters
    assert chapter.text == "Kept text.\n\nA tab\nand a line.\n\nA cell."


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1), min_size=1))
def test_no_paragraph_is_lost(texts: list[str]) -> None:
    [chapter] = read_book("x.docx", docx(*(paragraph(run(text)) for text in texts)), MOST).chapters
    assert chapter.text == "\n\n".join(texts)


def test_hostile_documents_are_refused_or_harmless() -> None:
    started = time.monotonic()
    with pytest.raises(InvalidRequestError, match="too large"):
        read_book("bomb.docx", docx(run("a" * 50_000_000)), MOST)
    picture = docx(paragraph(run("Small.")), more={"word/media/bomb.png": b"\0" * 60_000_000})
    assert read_book("x.docx", picture, MOST).chapters[0].text == "Small."
    doctype = '<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'
    entity = zipped({"word/document.xml": f"{doctype}<w:p><w:r><w:t>&secret;</w:t></w:r></w:p>"})
    assert read_book("x.docx", entity, MOST).chapters[0].text == "&secret;"
    deep = zipped({"word/document.xml": "<w:txbxContent><w:p>" * 100_000 + "<w:t>x"})
    with pytest.raises(InvalidRequestError, match="no text"):
        read_book("x.docx", deep, MOST)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("data", [b"", b"\xd0\xcf\x11\xe0 an old one", zipped({"a": "b"}), docx()])
def test_what_is_no_document_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(InvalidRequestError):
        read_book("x.docx", data, MOST)
