import os
from pathlib import Path

import pytest

from management.items import items_in, stem_of


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("tts_1.wav", "tts_1"),
        ("tts_1.json", "tts_1"),
        ("tts_1.settings.csv", "tts_1"),
        ("tts_1.captions.json", "tts_1"),
        ("tts_1_original.wav", "tts_1"),
        ("tts_1_chunk004.mp3", "tts_1"),
        ("tts_1.keep", "tts_1"),
        ("tts_1_gen2.wav", "tts_1_gen2"),
        ("tts_12.wav", "tts_12"),
        ("a.b.WAV", "a.b"),
        ("a.b.wav.json", "a.b"),
        ("a.c.wav", "a.c"),
        ("notes", "notes"),
    ],
)
def test_files_of_one_result_share_their_stem(name: str, stem: str) -> None:
    assert stem_of(name) == stem


def test_items_are_grouped_by_folder_and_sorted_by_age(tmp_path: Path) -> None:
    for moment, name in enumerate(["b/x.wav", "b/x.json", "x.wav", "a/.hidden", ".git/x.wav"]):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"12")
        os.utime(path, (moment, moment))
    found = items_in(tmp_path)
    assert [[file.path.relative_to(tmp_path).as_posix() for file in item.files] for item in found] == [
        ["b/x.json", "b/x.wav"],
        ["x.wav"],
    ]
    assert found[0].size == 4 and found[0].modified == 1


def test_a_keep_file_protects_its_folder_and_those_below(tmp_path: Path) -> None:
    for name in ["a/.keep", "a/x.wav", "a/b/x.wav", "c/x.wav", "c/y.wav", "c/y.keep"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    kept = {item.files[-1].path.relative_to(tmp_path).as_posix(): item.kept for item in items_in(tmp_path)}
    assert kept == {"a/x.wav": True, "a/b/x.wav": True, "c/x.wav": False, "c/y.wav": True}


def test_links_out_of_the_folder_are_no_items(tmp_path: Path) -> None:
    (tmp_path / "outside.wav").touch()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link.wav").symlink_to(tmp_path / "outside.wav")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    assert items_in(tmp_path / "in") == []


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert items_in(tmp_path / "none") == []
