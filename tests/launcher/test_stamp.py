"""The note about what is installed is either whole or absent."""

from pathlib import Path

import pytest

from launcher import stamp


def test_round_trip(tmp_path: Path) -> None:
    stamp.write(tmp_path, stamp.Stamp({"default": "abc", "test": ""}, prepared="abc"))
    assert stamp.read(tmp_path) == stamp.Stamp({"default": "abc", "test": ""}, prepared="abc")
    assert [file.name for file in tmp_path.iterdir()] == [stamp.FILE_NAME]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"format": 99, "sets": {}}',
        '{"format": 1}',
        '{"format": 1, "sets": []}',
        '{"format": 1, "sets": {}, "prepared": 3}',
    ],
)
def test_anything_else_counts_as_no_stamp(tmp_path: Path, text: str) -> None:
    (tmp_path / stamp.FILE_NAME).write_text(text)
    assert stamp.read(tmp_path) is None


def test_no_file(tmp_path: Path) -> None:
    assert stamp.read(tmp_path / "absent") is None
