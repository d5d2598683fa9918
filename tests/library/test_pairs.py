"""Interrupted writes: whatever fails, an audio file and its sidecar agree."""

import contextlib
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exceptions import ChatterboxError, ConflictError
from library.pairs import Pair, move_pair, remove_files, save_pair, write_sidecar

pytestmark = pytest.mark.checks

OLD, NEW = b"the old recording", b"the new one, which is longer"


def described(content: bytes) -> dict[str, str]:
    return {"sha256": hashlib.sha256(content).hexdigest()}


def state(pair: Pair) -> bytes | None:
    """The audio, after a look at whether its sidecar is there and speaks of it."""
    if not pair.audio.exists():
        return None
    audio = pair.audio.read_bytes()
    if pair.sidecar.exists():
        assert json.loads(pair.sidecar.read_text("utf-8")) == described(audio)
    return audio


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    (tmp_path / "new").write_bytes(NEW)
    folder = tmp_path / "library"
    pair = Pair(folder / "a.wav", folder / "a.wav.json")
    (tmp_path / "old").write_bytes(OLD)
    save_pair(pair, tmp_path / "old", described(OLD))
    return pair


class FaultyDisk:
    """Fails at the n-th operation, half-way through if it writes, and counts operations."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fails_at: int, number: int) -> None:
        self.operations = 0
        self._fails_at = fails_at
        self._number = number
        for owner, name in (
            *((Path, name) for name in ("replace", "rename", "write_text", "open", "unlink", "mkdir")),
            (os, "fsync"),
            (shutil, "copyfile"),
        ):
            monkeypatch.setattr(owner, name, self._faulty(getattr(owner, name), name))

    def _faulty(self, real: Callable[..., Any], name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            if name == "open" and "b" not in str(arguments[1:]) + str(options):
                return real(*arguments, **options)
            self.operations += 1
            if self.operations == self._fails_at:
                self._half(name, arguments)
                raise OSError(self._number, os.strerror(self._number))
            return real(*arguments, **options)

        return call

    @staticmethod
    def _half(name: str, arguments: tuple[Any, ...]) -> None:
        if name == "copyfile":
            with open(arguments[1], "wb") as target:  # noqa: PTH123  Path.open is watched
                target.write(NEW[: len(NEW) // 2])
        if name == "write_text":
            with open(arguments[0], "w", encoding="utf-8") as target:  # noqa: PTH123
                target.write(str(arguments[1])[:5])


def operations_of(monkeypatch: pytest.MonkeyPatch, work: Callable[[], None]) -> int:
    with monkeypatch.context() as patched:
        disk = FaultyDisk(patched, 0, errno.EIO)
        work()
    return disk.operations


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("overwrites", [True, False])
def test_check_32_a_save_that_fails_at_any_step_leaves_old_or_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, overwrites: bool
) -> None:
    old = OLD if overwrites else None

    def fresh(name: str) -> Pair:
        folder = tmp_path / name
        folder.mkdir()
        (tmp_path / "new").write_bytes(NEW)
        pair = Pair(folder / "a.wav", folder / "a.wav.json")
        if overwrites:
            pair.audio.write_bytes(OLD)
            pair.sidecar.write_text(json.dumps(described(OLD)))
        return pair

    counted = fresh("counted")
    steps = operations_of(monkeypatch, lambda: save_pair(counted, tmp_path / "new", described(NEW)))
    assert steps >= 8 and state(counted) == NEW
    for step in range(1, steps + 1):
        pair = fresh(f"step{step}")
        with monkeypatch.context() as patched:
            FaultyDisk(patched, step, number)
            try:
                save_pair(pair, tmp_path / "new", described(NEW))
            except (ChatterboxError, OSError):
                failed = True
            else:
                failed = False
        found = state(pair)
        assert found in (old, NEW), step
        if found == old and old is not None:
            assert pair.sidecar.exists(), step
        assert failed or found == NEW


def test_check_32_a_save_that_is_killed_at_any_step_leaves_old_or_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pair: Pair
) -> None:
    """As a kill, nothing that the program does after the fault comes to pass."""
    pristine = tmp_path / "pristine"
    shutil.copytree(pair.audio.parent, pristine)
    steps = operations_of(monkeypatch, lambda: save_pair(pair, tmp_path / "new", described(NEW)))
    for step in range(1, steps + 1):
        shutil.rmtree(pair.audio.parent)
        shutil.copytree(pristine, pair.audio.parent)
        child = os.fork()
        if child == 0:
            disk = FaultyDisk(monkeypatch, step, errno.EIO)
            monkeypatch.setattr(disk, "_half", lambda name, arguments: os._exit(9))
            save_pair(pair, tmp_path / "new", described(NEW))
            os._exit(0)
        os.waitpid(child, 0)
        assert state(pair) in (OLD, NEW), step


def test_check_32_a_move_that_fails_leaves_the_old_pair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pair: Pair
) -> None:
    pristine = tmp_path / "pristine"
    shutil.copytree(pair.audio.parent, pristine)
    new = Pair(pair.audio.with_name("b.wav"), pair.sidecar.with_name("b.wav.json"))
    steps = operations_of(monkeypatch, lambda: move_pair(pair, new, described(OLD)))
    assert (state(pair), state(new)) == (None, OLD) and not pair.sidecar.exists()
    for step in range(1, steps + 1):
        shutil.rmtree(pair.audio.parent)
        shutil.copytree(pristine, pair.audio.parent)
        with monkeypatch.context() as patched:
            FaultyDisk(patched, step, errno.ENOSPC)
            with contextlib.suppress(ChatterboxError, OSError):
                move_pair(pair, new, described(OLD))
        assert sorted(filter(None, (state(pair), state(new)))) == [OLD], step


def test_check_32_a_sidecar_is_old_or_new(monkeypatch: pytest.MonkeyPatch, pair: Pair) -> None:
    steps = operations_of(monkeypatch, lambda: write_sidecar(pair.sidecar, {"tags": ["x"]}))
    for step in range(1, steps + 1):
        pair.sidecar.write_text(json.dumps({"tags": ["old"]}))
        with monkeypatch.context() as patched:
            FaultyDisk(patched, step, errno.ENOSPC)
            with contextlib.suppress(ChatterboxError, OSError):
                write_sidecar(pair.sidecar, {"tags": ["x"]})
        assert json.loads(pair.sidecar.read_text())["tags"] in (["old"], ["x"])


def test_nothing_but_the_pair_is_left_behind(tmp_path: Path, pair: Pair) -> None:
    save_pair(pair, tmp_path / "new", described(NEW))
    assert visible(pair.audio.parent) == ["a.wav", "a.wav.json"] and state(pair) == NEW
    remove_files(pair.audio, (pair.sidecar,))
    assert visible(pair.audio.parent) == []


def test_a_file_that_is_held_open_is_a_conflict(monkeypatch: pytest.MonkeyPatch, pair: Pair) -> None:
    def held(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "held")

    monkeypatch.setattr(Path, "unlink", held)
    with pytest.raises(ConflictError):
        remove_files(pair.audio, (pair.sidecar,))
