import os
import stat
import sys
from pathlib import Path

import pytest

from exceptions import DiskFullError
from speech.atomic_file import replacing, write_atomically


def test_the_file_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "new" / "file.bin"
    with replacing(target) as partial:
        partial.write_bytes(b"half")
        assert not target.exists()
        partial.write_bytes(b"whole")
    assert target.read_bytes() == b"whole"
    assert list(target.parent.iterdir()) == [target]


def test_the_old_file_stays_after_a_failure(tmp_path: Path) -> None:
    target = tmp_path / "file.bin"
    target.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), replacing(target) as partial:
        partial.write_bytes(b"new")
        raise ZeroDivisionError
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("number", "kind"), [(28, DiskFullError), (122, DiskFullError), (5, DiskFullError), (13, OSError)]
)
def test_disk_faults_are_named(tmp_path: Path, number: int, kind: type[Exception]) -> None:
    with pytest.raises(kind), replacing(tmp_path / "file.bin"):
        raise OSError(number, os.strerror(number))
    assert list(tmp_path.iterdir()) == []


def test_abandoned_files_are_swept(tmp_path: Path) -> None:
    old, young = tmp_path / ".a.bin.0.partial", tmp_path / ".b.bin.0.partial"
    for path in (old, young):
        path.write_bytes(b"x")
    os.utime(old, (0, 0))
    with replacing(tmp_path / "file.bin") as partial:
        partial.write_bytes(b"x")
    assert not old.exists() and young.exists()


def test_wrong_content_is_not_put_in_place(tmp_path: Path) -> None:
    target = tmp_path / "file.bin"
    assert write_atomically(target, [b"ab", b"c"], "0" * 64) is None
    assert not target.exists()
    digest = write_atomically(target, [b"ab", b"c"])
    assert digest is not None and write_atomically(target, [b"abc"], digest) == digest


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no permission bits")
def test_others_may_read_what_the_user_lets_them(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with replacing(tmp_path / "file.bin") as partial:
            partial.write_bytes(b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file.bin").stat().st_mode) == 0o644
