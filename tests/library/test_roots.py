from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exceptions import ChatterboxError, InvalidRequestError, ResourceNotFoundError
from library.roots import existing_file, safe_relative, safe_segment

HOSTILE = [
    "..", "../x", "a/../../x", "/etc/passwd", "C:\\x", "a\\b", "a//b", "./a", "a/.", ".hidden", "~/x/..", "nul",
    "CON", "com1.txt", "LPT9", "a\x00b", "a\nb", "a:b", "a*b", "a?b", 'a"b', "a<b", "a|b", "x" * 300, "a ", " a", "a.",
    "%2e%2e/x".replace("%2e", "."), "a/b/c/d/e/f/g/h/i", "\ud800", "a\u202eb", "a\u200bb", "é" * 101, "a/", "/",
]  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_names_are_refused(words: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        safe_relative(words, "folder")
    assert caught.value.field == "folder"


@pytest.mark.parametrize("words", ["a", "a/b", "Übung/章 1", "it's (1)", "a.b.c", "x" * 200, "café"])
def test_ordinary_names_pass(words: str) -> None:
    assert safe_relative(words, "folder").parts


def test_both_unicode_spellings_name_the_same_folder() -> None:
    assert safe_segment("cafe\u0301", "f") == safe_segment("caf\u00e9", "f")


@given(st.text(max_size=300))
def test_no_words_lead_out_of_the_root(words: str) -> None:
    root = Path("/srv/outputs")
    try:
        path = root / safe_relative(words, "folder")
    except InvalidRequestError:
        return
    assert path.is_relative_to(root)
    assert ".." not in path.parts
    assert not any(set(part) & set('\\<>:"|?*\x00') for part in path.parts[3:])


def test_existing_files_are_found(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.wav").write_bytes(b"x")
    assert existing_file(tmp_path, "in/a.wav", "path") == (tmp_path / "in" / "a.wav").resolve()


@pytest.mark.parametrize("words", ["missing.wav", "in", ""])
def test_what_is_no_file_is_not_found(tmp_path: Path, words: str) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(ResourceNotFoundError):
        existing_file(tmp_path, words, "path")


def test_links_out_of_the_root_are_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret.wav").write_bytes(b"x")
    (root / "link.wav").symlink_to(tmp_path / "secret.wav")
    with pytest.raises(ChatterboxError):
        existing_file(root, "link.wav", "path")
