import contextlib
import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from exceptions import InvalidRequestError
from library.settings_csv import read_settings_csv, settings_csv

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["", "1", "-1", "1.5", "true", "None", "null", "a|b", "|", "'", "''x", "[1]", "{}", "=1+1", "+a", "-a", "@a", "\t=",
     "\r", "a\nb", 'say "hi", ok', " =x", "＝x", "1e5", "007", "[", "nan", "-inf", "TRUE", "wav|", "\ufeff"]
)  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS
NESTED = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=3), max_leaves=6
)
NAMES = WORDS.filter(lambda name: name not in ("text", "text_input"))


def cells(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def cell(folder: Path, value: Any) -> str:
    (folder / "one.csv").write_bytes(settings_csv({"a": value, "b": 1}))
    return cells(folder / "one.csv")[1][0]


def same(left: Any, right: Any) -> bool:
    """Equal in types too, at any depth."""
    return repr(left) == repr(right)


@given(st.dictionaries(NAMES, NESTED, min_size=1, max_size=6))
@limits(deadline=None)
def test_settings_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, settings: dict[str, Any]) -> None:
    path = tmp_path_factory.getbasetemp() / "settings.csv"
    path.write_bytes(settings_csv(settings))
    expected = settings if not any(map(_is_infinite, settings.values())) else _with_words_for_infinity(settings)
    assert same(read_settings_csv(path), expected)
    assert same(read_settings_csv(path.read_bytes().decode("utf-8")), expected)


def _is_infinite(value: Any) -> bool:
    return isinstance(value, float) and abs(value) == float("inf")


def _with_words_for_infinity(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: repr(value) if _is_infinite(value) else value for name, value in settings.items()}


@given(st.dictionaries(NAMES, NESTED, min_size=1, max_size=4))
@limits(deadline=None)
def test_no_cell_is_run_as_a_formula(tmp_path_factory: pytest.TempPathFactory, settings: dict[str, Any]) -> None:
    path = tmp_path_factory.getbasetemp() / "formulas.csv"
    path.write_bytes(settings_csv(settings))
    for row in cells(path):
        for text in row:
            if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\n"):
                assert re.fullmatch(r"-[0-9.]+(e[+-]?[0-9]+)?", text)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, "true"),
        (None, ""),
        ("", "'"),
        (0.75, "0.75"),
        (1.0, "1.0"),
        (-5, "-5"),
        (-0.5, "-0.5"),
        ("-5", "'-5"),
        ("af_heart", "af_heart"),
        (["wav", "mp3"], "wav|mp3"),
        (["wav"], "wav|"),
        ([], "|"),
        ((1, 2.5, None, True), "1|2.5||true"),
        (["a|b", "c"], '["a|b","c"]'),
        ([-1, -2], "[-1,-2]"),
        (["=x", "y"], '["=x","y"]'),
        ({"tomato": "təˈmɑːtəʊ", "n": [1]}, '{"tomato":"təˈmɑːtəʊ","n":[1]}'),
        ("=HYPERLINK(A1)", "'=HYPERLINK(A1)"),
        ("@SUM(1)", "'@SUM(1)"),
        ("two\nlines", "two\nlines"),
        (
            Path("outputs") / "a.wav",
            "outputs/a.wav" if Path("a/b").as_posix() == str(Path("a/b")) else "outputs\\a.wav",
        ),
    ],
)
def test_cells_read_as_a_person_would_type_them(tmp_path: Path, value: Any, shown: str) -> None:
    assert cell(tmp_path, value) == shown


def test_text_is_left_out_unless_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "take.settings.csv"
    settings = {"text": "My secret.\n\nSecond, “quoted” paragraph.", "text_input": "Again.", "voice": "af_heart"}
    path.write_bytes(settings_csv(settings))
    assert "secret" not in path.read_text("utf-8") and "Again" not in path.read_text("utf-8")
    assert read_settings_csv(path) == {"text": None, "text_input": None, "voice": "af_heart"}
    path.write_bytes(settings_csv(settings, with_text=True))
    assert read_settings_csv(path) == settings


def test_a_book_fits_in_one_cell(tmp_path: Path) -> None:
    book = 'She said: "No,\nno." ' * 20_000
    (tmp_path / "a.csv").write_bytes(settings_csv({"text": book, "n": 1}, with_text=True))
    assert read_settings_csv(tmp_path / "a.csv")["text"] == book


def test_the_file_is_a_header_and_one_row_with_a_mark_for_spreadsheets(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(settings_csv({"voice": "Zoë", "seed": 7}))
    assert (tmp_path / "a.csv").read_bytes() == b"\xef\xbb\xbfvoice,seed\r\n" + "Zoë,7\r\n".encode()
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize(
    ("content", "settings"),
    [
        ("a,b\nTRUE,False", {"a": True, "b": False}),
        ("\ufeffa\r\n\r\n1\r\n", {"a": 1}),
        ("a,b\r1,", {"a": 1, "b": None}),
        ("a,b\n007,1.50", {"a": "007", "b": 1.5}),
        ("a,b\n[1,", {"a": "[1", "b": None}),
        ('a\n"{""x"": 1}"', {"a": {"x": 1}}),
        ("formats\nflac|mp3", {"formats": ["flac", "mp3"]}),
    ],
)
def test_other_writers_files_are_understood(content: str, settings: dict[str, Any]) -> None:
    assert same(read_settings_csv(content), settings)


@pytest.mark.parametrize("content", ["", "a,b", "a,b\n1", "a\n1\n2", 'a\n"1', 'a\n"1"2', "a,a\n1,2", "\n\n"])
def test_what_is_no_row_of_settings_is_refused(content: str) -> None:
    with pytest.raises(InvalidRequestError):
        read_settings_csv(content)


def test_other_encodings_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("a\nZoë".encode("cp1252"))
    with pytest.raises(InvalidRequestError, match="UTF-8"):
        read_settings_csv(tmp_path / "a.csv")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(content: str) -> None:
    with contextlib.suppress(InvalidRequestError):
        read_settings_csv(content)
