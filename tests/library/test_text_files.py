import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exceptions import InvalidRequestError, UnsupportedMediaError
from library.roots import safe_segment
from library.text_files import (
    GUESSED_ENCODING,
    MAX_STEM_BYTES,
    MAX_STEM_CHARACTERS,
    TextFile,
    join_texts,
    joined_stem,
    read_text_file,
    safe_stem,
)

MOST = 1000
WRITTEN = "Übung — “naïve” café, 5 €.\r\nZweite Zeile\tmit Tab."
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200).filter(
    lambda text: bool(text.strip()) and text[0] not in "\ufeff\ufffe"
)


def read(data: bytes, name: str = "a.txt") -> TextFile:
    return read_text_file(name, data, MOST)


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (WRITTEN.encode(), "utf-8"),
        (codecs.BOM_UTF8 + WRITTEN.encode(), "utf-8-sig"),
        (codecs.BOM_UTF16_LE + WRITTEN.encode("utf-16-le"), "utf-16"),
        (codecs.BOM_UTF16_BE + WRITTEN.encode("utf-16-be"), "utf-16"),
        (codecs.BOM_UTF32_LE + WRITTEN.encode("utf-32-le"), "utf-32"),
        (codecs.BOM_UTF32_BE + WRITTEN.encode("utf-32-be"), "utf-32"),
        (WRITTEN.encode("cp1252"), GUESSED_ENCODING),
    ],
)
def test_every_encoding_gives_the_same_text(data: bytes, encoding: str) -> None:
    file = read(data)
    assert (file.text, file.encoding) == (WRITTEN, encoding)


@given(TEXTS, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
def test_texts_survive_their_encoding(text: str, encoding: str) -> None:
    file = read_text_file("a.md", text.encode(encoding), 200)
    assert (file.text, file.kind, file.encoding) == (text, "markdown", encoding)


@pytest.mark.parametrize(
    ("name", "stem", "kind"),
    [
        ("Chapter 1.txt", "Chapter_1", "text"),
        ("notes.TEXT", "notes", "text"),
        ("README.md", "README", "markdown"),
        ("a.b.markdown", "a_b", "markdown"),
        ("C:\\Users\\me\\Mein Übung (2).txt", "Mein_Übung_2", "text"),
        ("../../etc/passwd.txt", "passwd", "text"),
        (".txt", "text", "text"),
        ("???.md", "text", "markdown"),
        ("con.txt", "con_text", "text"),
        ("LPT1.md", "LPT1_text", "markdown"),
        ("東京 物語.txt", "東京_物語", "text"),
        ("हिन्दी.txt", "हिन्दी", "text"),
        ("-rf.txt", "rf", "text"),
    ],
)
def test_names_become_stems_and_kinds(name: str, stem: str, kind: str) -> None:
    file = read(b"words", name)
    assert (file.stem, file.kind) == (stem, kind)


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "txt", "", "a.txt.exe", "a", "a.srt", ".md/x"])
def test_other_files_are_refused(name: str) -> None:
    with pytest.raises(UnsupportedMediaError) as caught:
        read(b"words", name)
    assert ".markdown" in caught.value.message


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b" \r\n\t ", "is empty"),
        (codecs.BOM_UTF8, "is empty"),
        (codecs.BOM_UTF16_LE, "is empty"),
        (b"words\x00words", "other than text"),
        ("no mark".encode("utf-16-le"), "other than text"),
        (b"\x7fELF\x02\x01\x01" + b"x" * 50, "other than text"),
        (b"\x81\x8d\x8f\x90", "other than text"),
        (codecs.BOM_UTF8 + b"\xff\xff", "begins like UTF-8 but"),
        (codecs.BOM_UTF16_LE + b"abc", "begins like UTF-16 but"),
        (codecs.BOM_UTF32_BE + b"abcd", "begins like UTF-32 but"),
        (b"x" * (MOST + 1), "has 1001 characters; at most 1000"),
        (b"x" * (5 * MOST), "at most 1000"),
    ],
)
def test_what_cannot_be_spoken_is_refused_in_one_sentence(data: bytes, reason: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        read(data)
    assert reason in caught.value.message
    assert caught.value.message.startswith("'a.txt' ") and caught.value.message.count(".") == 2
    assert caught.value.field == "files"


def test_a_few_controls_are_no_harm_and_the_limit_counts_characters() -> None:
    assert read(b"page\x0cfeed " * 20 + b"\x1a").text.endswith("\x1a")
    assert len(read(("😀" * MOST).encode("utf-32")).text) == MOST


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        file = read(data)
    except InvalidRequestError:
        return
    assert file.text.strip() and "\0" not in file.text


@given(st.text(st.characters(), max_size=200))
def test_stems_are_safe_everywhere(name: str) -> None:
    stem = safe_stem(name)
    assert safe_segment(stem, "f") == stem
    assert 0 < len(stem) <= MAX_STEM_CHARACTERS + len("_text")
    assert len(stem.encode()) <= MAX_STEM_BYTES + len("_text")
    assert "__" not in stem
    assert all(character in "_-" or character.isalnum() or ord(character) > 127 for character in stem)
    assert safe_stem(stem) == stem


@pytest.mark.parametrize("name", ["x" * 300, "東" * 300, "𝒳" * 300, "a-" * 40])
def test_long_stems_are_cut(name: str) -> None:
    stem = safe_stem(name)
    assert len(stem) in (60, 59, 40, 30)
    assert len(stem) <= MAX_STEM_CHARACTERS and len(stem.encode()) <= MAX_STEM_BYTES


def test_files_are_joined_in_their_order() -> None:
    files = [read(b"\nOne.\r\n\r\n", "b.txt"), read(b"  Two.", "a.md"), read(b"Three.\n", "c.txt")]
    assert join_texts(files) == "One.\n\n  Two.\n\nThree."
    assert joined_stem(files) == "b_a_c"
    assert joined_stem([read(b"x", f"chapter {number}.txt") for number in range(30)]).startswith("chapter_0_chapter_1_")
    assert (join_texts([]), joined_stem([])) == ("", "text")


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_joining_loses_no_letter(texts: list[str]) -> None:
    files = [read_text_file("a.txt", text.encode(), 200) for text in texts]
    assert "".join(join_texts(files).split()) == "".join("".join(texts).split())
