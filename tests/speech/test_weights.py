"""Model files: which source wins, and what damage leads to."""

from __future__ import annotations

import errno
import hashlib
import importlib
import itertools
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

import speech.atomic_file
import speech.weights
from exceptions import DiskFullError, ModelLoadError
from speech.atomic_file import replacing, write_atomically
from speech.weights import PackagePart, WeightFile, WeightStore
from speech.weights_catalogue import CATALOGUE

CONTENT = bytes(range(256)) * 40
T = TypeVar("T")

HALF = len(CONTENT) // 2

MakePackage = Callable[..., str]
_numbers = itertools.count()


def weight(*parts: PackagePart, name: str = "model/file.bin", **hub: str) -> WeightFile:
    return WeightFile(name, hashlib.sha256(CONTENT).hexdigest(), len(CONTENT), parts, **hub)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakePackage:
    """Makes importable packages that carry files and fail when their code is run."""
    root = tmp_path / "site"
    root.mkdir()
    monkeypatch.syspath_prepend(str(root))

    def make(**files: bytes) -> str:
        name = f"fake_weights_{next(_numbers)}"
        folder = root / name
        folder.mkdir()
        (folder / "__init__.py").write_text("raise RuntimeError('package code was run')")
        for file, content in files.items():
            (folder / f"{file}.bin").write_bytes(content)
        importlib.invalidate_caches()
        return name

    return make


@pytest.fixture
def store(tmp_path: Path) -> WeightStore:
    return WeightStore(tmp_path / "cache", tmp_path / "local", allow_hub=False)


def halves(package: MakePackage) -> tuple[PackagePart, PackagePart]:
    return PackagePart(package(part=CONTENT[:HALF]), "part.bin"), PackagePart(package(part=CONTENT[HALF:]), "part.bin")


def place(store: WeightStore, file: WeightFile, content: bytes = CONTENT) -> Path:
    assert store.local_dir is not None
    path = store.local_dir / file.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_parts_are_joined_in_order_and_kept(store: WeightStore, package: MakePackage) -> None:
    first, second = package(part=CONTENT[:HALF]), package(part=CONTENT[HALF:])
    file = weight(PackagePart(first, "part.bin"), PackagePart(second, "part.bin"))
    path = store.path(file)
    assert path.read_bytes() == CONTENT
    before = path.stat().st_mtime_ns
    assert store.path(file) == path
    assert path.stat().st_mtime_ns == before


def test_a_single_part_is_used_where_it_lies(store: WeightStore, package: MakePackage) -> None:
    name = package(whole=CONTENT)
    path = store.path(weight(PackagePart(name, "whole.bin")))
    assert path.parent.name == name
    assert not store.cache_dir.exists()


def test_the_local_folder_wins_over_packages(store: WeightStore, package: MakePackage) -> None:
    file = weight(PackagePart(package(whole=CONTENT), "whole.bin"))
    assert store.path(file) != place(store, file)
    assert store.path(file) == place(store, file)


def test_packages_win_over_the_hub(tmp_path: Path, package: MakePackage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.hf_hub_download", lambda *_, **__: pytest.fail("asked the hub"))
    file = weight(PackagePart(package(whole=CONTENT), "whole.bin"), hub_repo="a/b", hub_file="f")
    assert WeightStore(tmp_path / "cache").path(file).read_bytes() == CONTENT


def test_a_damaged_local_file_is_named_and_not_skipped(store: WeightStore, package: MakePackage) -> None:
    file = weight(PackagePart(package(whole=CONTENT), "whole.bin"))
    place(store, file, b"damaged")
    with pytest.raises(ModelLoadError) as caught:
        store.path(file)
    actual = hashlib.sha256(b"damaged").hexdigest()[:12]
    for part in ("model/file.bin", "local model folder", actual, file.sha256[:12], "Replace or remove it"):
        assert part in caught.value.message
    assert not store.status(file).verified


def test_a_damaged_cache_copy_is_built_again(store: WeightStore, package: MakePackage) -> None:
    parts = halves(package)
    file = weight(*parts)
    path = store.path(file)
    path.write_bytes(CONTENT[:-1] + b"x")
    assert store.path(file).read_bytes() == CONTENT


def test_damaged_parts_are_an_error_and_leave_nothing(store: WeightStore, package: MakePackage) -> None:
    first, second = package(part=CONTENT[:HALF]), package(part=CONTENT[HALF:-1] + b"x")
    file = weight(PackagePart(first, "part.bin"), PackagePart(second, "part.bin"))
    with pytest.raises(ModelLoadError, match="damaged") as caught:
        store.path(file)
    assert f"Install {first}, {second} again" in caught.value.message
    assert [path for path in store.cache_dir.rglob("*") if path.is_file()] == []


def test_a_damaged_single_part_is_an_error(store: WeightStore, package: MakePackage) -> None:
    file = weight(PackagePart(package(whole=b"other"), "whole.bin"))
    with pytest.raises(ModelLoadError, match="in its installed package is damaged"):
        store.path(file)


def test_an_installed_package_without_its_part_is_damage(store: WeightStore, package: MakePackage) -> None:
    name = package()
    file = weight(PackagePart(name, "gone.bin"))
    with pytest.raises(ModelLoadError, match=rf"{name} lacks its file gone\.bin"):
        store.path(file)
    assert "lacks its file" in store.status(file).sentence


def test_a_missing_file_says_what_to_install(store: WeightStore) -> None:
    file = weight(PackagePart("fake_weights_absent", "part.bin"), hub_repo="a/b", hub_file="f")
    with pytest.raises(ModelLoadError, match=r"Install fake-weights-absent, or place it as model/file\.bin"):
        store.path(file)
    status = store.status(file)
    assert (status.source, status.present, status.verified) == ("none", False, False)


def test_the_hub_is_asked_for_the_pinned_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    downloaded = tmp_path / "hub" / "file.bin"
    downloaded.parent.mkdir()
    downloaded.write_bytes(CONTENT)
    asked: list[tuple[Any, ...]] = []

    def download(repo: str, file: str, *, revision: str) -> str:
        asked.append((repo, file, revision))
        return str(downloaded)

    monkeypatch.setattr("huggingface_hub.hf_hub_download", download)
    store = WeightStore(tmp_path / "cache")
    file = weight(hub_repo="a/b", hub_file="f.bin", hub_revision="c0ffee")
    assert store.status(file).source == "hub"
    assert store.path(file) == downloaded
    assert asked == [("a/b", "f.bin", "c0ffee")]
    downloaded.write_bytes(b"not what was promised")
    with pytest.raises(ModelLoadError, match="from the model hub is damaged"):
        store.path(file)


def test_an_unreachable_hub_is_one_clear_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def download(*_: str, **__: str) -> str:
        raise ConnectionError("no route")

    monkeypatch.setattr("huggingface_hub.hf_hub_download", download)
    with pytest.raises(ModelLoadError, match="could not be downloaded from a/b on the model hub"):
        WeightStore(tmp_path / "cache").path(weight(hub_repo="a/b", hub_file="f"))


def test_a_download_is_tried_again_as_it_was_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    downloaded = tmp_path / "file.bin"
    downloaded.write_bytes(CONTENT)
    answers = iter([ConnectionError("no route"), str(downloaded)])

    def download(*_: str, **__: str) -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def twice(work: Callable[[], T]) -> T:
        try:
            return work()
        except ModelLoadError:
            return work()

    monkeypatch.setattr("huggingface_hub.hf_hub_download", download)
    store = WeightStore(tmp_path / "cache", retry=twice)
    assert store.path(weight(hub_repo="a/b", hub_file="f")) == downloaded


def test_one_folder_for_files_of_different_sources(store: WeightStore, package: MakePackage) -> None:
    joined = weight(*halves(package))
    single = weight(PackagePart(package(whole=CONTENT), "whole.bin"), name="model/whole.bin")
    folder = store.folder([joined, single])
    assert sorted(path.name for path in folder.iterdir()) == ["file.bin", "whole.bin"]
    assert (folder / "whole.bin").read_bytes() == CONTENT


def test_one_folder_without_copies_where_files_lie_together(store: WeightStore, package: MakePackage) -> None:
    name = package(one=CONTENT, two=CONTENT)
    files = [weight(PackagePart(name, f"{file}.bin"), name=f"model/{file}.bin") for file in ("one", "two")]
    assert store.folder(files).name == name
    assert not store.cache_dir.exists()


def test_a_file_is_hashed_once_for_each_state(store: WeightStore, monkeypatch: pytest.MonkeyPatch) -> None:
    file = weight()
    path = place(store, file)
    reads: list[Path] = []
    real = speech.weights.read_blocks

    def counted(source: Path) -> Any:
        reads.append(source)
        return real(source)

    monkeypatch.setattr(speech.weights, "read_blocks", counted)
    store.path(file)
    store.path(file)
    assert reads == [path]
    os.utime(path, (1, 1))
    store.path(file)
    assert reads == [path, path]


def test_progress_of_joining_is_reported(store: WeightStore, package: MakePackage) -> None:
    parts = halves(package)
    seen: list[float] = []
    store.path(weight(*parts), lambda _sentence, share: seen.append(share))
    assert seen == [0.0, 0.5]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_full_or_vanished_disk_has_its_own_error(
    store: WeightStore, package: MakePackage, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def flush(_handle: int) -> None:
        raise OSError(number, os.strerror(number))

    parts = halves(package)
    monkeypatch.setattr(speech.atomic_file.os, "fsync", flush)
    with pytest.raises(DiskFullError):
        store.path(weight(*parts))
    assert [path for path in store.cache_dir.rglob("*") if path.is_file()] == []


def test_a_cache_that_cannot_be_written_is_named(store: WeightStore, package: MakePackage) -> None:
    store.cache_dir.write_text("a file where the folder should be")
    parts = halves(package)
    with pytest.raises(ModelLoadError, match="cannot be put in the model cache"):
        store.path(weight(*parts))


def test_an_interrupted_write_keeps_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), replacing(target) as partial:
        partial.write_bytes(b"half")
        raise KeyboardInterrupt
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_an_unexpected_hash_keeps_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"old")
    assert write_atomically(target, [b"new"], "0" * 64) is None
    assert target.read_bytes() == b"old"
    assert write_atomically(target, [b"n", b"ew"]) == hashlib.sha256(b"new").hexdigest()
    assert target.read_bytes() == b"new"


def test_what_killed_writers_left_is_swept_away(tmp_path: Path) -> None:
    abandoned, recent = tmp_path / ".a.1.partial", tmp_path / ".b.2.partial"
    abandoned.write_bytes(b"x")
    recent.write_bytes(b"x")
    os.utime(abandoned, (time.time() - 7200,) * 2)
    write_atomically(tmp_path / "file", [b"new"])
    assert not abandoned.exists()
    assert recent.exists()


def test_the_catalogue_names_every_file_once_with_a_full_hash() -> None:
    files = [file for group in CATALOGUE.values() for file in group]
    assert len({file.name for file in files}) == len(files)
    for file in files:
        assert len(file.sha256) == 64
        assert file.size > 0
        assert file.parts
        assert bool(file.hub_repo) == bool(file.hub_revision) == bool(file.hub_file)


@pytest.mark.truth
def test_the_installed_packages_carry_the_catalogue(tmp_path: Path) -> None:
    store = WeightStore(tmp_path, allow_hub=False)
    for files in CATALOGUE.values():
        for file in files:
            assert store.status(file).verified, store.status(file).sentence
