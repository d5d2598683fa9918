"""Books of every kind to chapters, and hostile ones to a sentence."""

import time
import zipfile
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exceptions import ChatterboxError, InvalidRequestError, UnsupportedMediaError
from library.books import Book, archive, read_book
from library.books.html_text import blocks
from library.books.markup import Tag, tokens
from tests.support.epubs import CONTAINER, PNG, epub, package, page, sea_book, zipped

MOST = 5_000_000


def titles(book: Book) -> list[tuple[str, bool]]:
    return [(chapter.title, bool(chapter.skipped)) for chapter in book.chapters]


def test_an_epub_gives_its_chapters_facts_and_cover() -> None:
    book = read_book("sea.epub", sea_book(), MOST)
    assert (book.title, book.author, book.language) == ("The Sea", "A. Writer", "en")
    assert titles(book) == [
        ("Title Page", True), ("Chapter One", False), ("Chapter Two", False), ("Chapter Three", False), ("Notes", True),
    ]  # fmt: skip
    assert book.chapters[1].text == "One\n\nThe sea was calm.\n\nNobody spoke."
    assert book.chapters[2].text == "Two\n\nA wind rose & fell."
    assert book.cover is not None and book.cover.data == PNG


def test_an_epub_2_is_read_by_its_ncx() -> None:
    ncx = (
        '<ncx><navMap><navPoint><navLabel><text>First</text></navLabel><content src="a.html"/></navPoint>'
        '<navPoint><navLabel><text>Second</text></navLabel><content src="b.html"/></navPoint></navMap></ncx>'
    )
    pages = {"a.html": page("<p>A.</p>"), "a2.html": page("<p>More of A.</p>"), "b.html": page("<p>B.</p>")}
    book = read_book(
        "old.epub", epub(pages, '<item id="ncx" href="toc.ncx"/>', {"OEBPS/toc.ncx": ncx}, 'toc="ncx"'), MOST
    )
    assert titles(book) == [("First", False), ("Second", False)]
    assert book.chapters[0].text == "A.\n\nMore of A."


def test_a_book_without_contents_has_a_chapter_for_each_page() -> None:
    book = read_book("x.epub", epub({"a.html": page("<h1>A</h1><p>x</p>"), "b.html": page("<p>y</p>")}), MOST)
    assert titles(book) == [("A", False), ("Part 2", False)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CHAPTER I\n\nIt began.\n\nCHAPTER II\n\nIt ended.\n", [("CHAPTER I", False), ("CHAPTER II", False)]),
        (
            "The Book\n\nChapter 1. The Sea\n\nCalm.\n\nEpilogue\n\nDone.",
            [("my book", True), ("Chapter 1. The Sea", False), ("Epilogue", False)],
        ),
        ("No headings here.\n\nOnly text.", [("my book", False)]),
        ("Part of it was\nnot a heading.\n\nmix\n\nI\n\nRoman.\n", [("my book", True), ("I", False)]),
    ],
)  # fmt: skip
def test_plain_text_is_cut_at_its_headings(text: str, expected: list[tuple[str, bool]]) -> None:
    assert titles(read_book("my_book.txt", text.encode(), MOST)) == expected


def test_gutenberg_notices_are_left_out() -> None:
    mark = "*** {} OF THE PROJECT GUTENBERG EBOOK X ***"
    text = f"Licence.\n{mark.format('START')}\nThe tale.\n{mark.format('END')}\nMore."
    assert read_book("x.txt", text.encode(), MOST).chapters[0].text == "The tale."


def test_markdown_is_cut_at_its_highest_repeated_headings() -> None:
    text = "# The Book\n\n## One\n\nText.\n\n### Detail\n\nMore.\n\n## Copyright\n\nAll rights.\n"
    book = read_book("b.md", text.encode(), MOST)
    assert titles(book) == [("b", True), ("One", False), ("Copyright", True)]
    assert "### Detail" in book.chapters[1].text


@pytest.mark.parametrize(
    ("title", "skipped"),
    [
        ("Table of Contents", True), ("CONTENTS", True), ("About the Author", True), ("Also by A. Writer", True),
        ("Acknowledgements", True), ("Cover", True), ("Index", True), ("Preface", False), ("Dedication", False),
        ("The Cover-Up", False), ("Notes from a Small Island", False), ("Prologue", False),
    ],
)  # fmt: skip
def test_front_matter_is_skipped_by_its_title(title: str, skipped: bool) -> None:
    book = read_book("x.epub", epub({"a.html": page(f"<h1>{title}</h1><p>x</p>")}), MOST)
    assert bool(book.chapters[0].skipped) == skipped


def bomb(size: int) -> bytes:
    return epub({"a.html": "<p>" + "a" * size})


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    started = time.monotonic()
    with pytest.raises(InvalidRequestError, match="too large"):
        read_book("bomb.epub", bomb(50_000_000), MOST)
    assert time.monotonic() - started < 5


def test_a_header_that_lies_about_the_size_changes_nothing() -> None:
    data = bytearray(bomb(45_000_000))
    place = data.rindex((45_000_003).to_bytes(4, "little"))
    data[place : place + 4] = (100).to_bytes(4, "little")
    with pytest.raises(ChatterboxError):
        read_book("bomb.epub", bytes(data), MOST)


def test_many_large_members_are_refused_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES", 1_000_000)
    pages = {f"{n}.html": "<p>" + "a" * 150_000 for n in range(7)}
    with pytest.raises(InvalidRequestError, match="too large"):
        read_book("bomb.epub", epub(pages), MOST)


def test_names_that_lead_out_of_the_archive_find_nothing() -> None:
    members = {
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": package({"../../../../etc/passwd": "", "/etc/hostname": "", "%2e%2e/%2e%2e/etc/passwd": ""}),
    }
    with pytest.raises(InvalidRequestError, match="no text"):
        read_book("evil.epub", zipped(members), MOST)


def test_external_entities_and_declarations_are_only_text_that_is_left_out() -> None:
    doctype = '<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/passwd"><!ENTITY a "&b;&b;"><!ENTITY b "&a;&a;">]>'
    book = read_book("x.epub", epub({"a.html": doctype + page("<p>Before &secret; &a; after.</p>")}), MOST)
    assert book.chapters[0].text == "Before &secret; &a; after."


@pytest.mark.parametrize("piece", ["<", "<a ", "<!--", "<![CDATA[", "</", "<a b='", "&", "<svg>", "<p>", "]]>"])
def test_markup_that_never_ends_takes_linear_time(piece: str) -> None:
    started = time.monotonic()
    blocks(piece * (200_000 // len(piece)))
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.epub", b"PK\x03\x04 broken"), ("x.epub", b""), ("x.epub", zipped({"a": "b"})),
        ("x.epub", zipped({"META-INF/container.xml": CONTAINER})), ("x.txt", b""), ("x.txt", b"\0\1\2" * 100),
    ],
)  # fmt: skip
def test_what_is_no_book_is_refused_with_a_sentence(name: str, data: bytes) -> None:
    with pytest.raises(InvalidRequestError):
        read_book(name, data, MOST)


def test_an_encrypted_page_is_refused() -> None:
    data = bytearray(epub({"a.html": page("<p>x</p>")}))
    with zipfile.ZipFile(BytesIO(bytes(data))) as opened:
        offset = opened.getinfo("OEBPS/a.html").header_offset
    data[offset + 6] |= 1
    central = data.rindex(b"PK\x01\x02")
    data[central + 8] |= 1
    with pytest.raises(InvalidRequestError, match="cannot be read"):
        read_book("x.epub", bytes(data), MOST)


def test_other_files_are_refused_by_their_ending() -> None:
    with pytest.raises(UnsupportedMediaError, match=r"\.epub"):
        read_book("book.pdf", b"%PDF", MOST)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_no_text_is_lost_between_tags(text: str) -> None:
    words = text.replace("<", "").replace("&", "")
    assert "".join(token for token in tokens(f"<p>{words}</p>") if isinstance(token, str)) == words


@given(st.text(alphabet="<>!-/[]'\"= ab&;CDAT\n", max_size=120))
def test_no_markup_raises(markup: str) -> None:
    for token in tokens(markup):
        assert isinstance(token, (str, Tag))
    blocks(markup)
