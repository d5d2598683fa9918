"""Finding checkpoints on the machine and downloading them, without a network."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from exceptions import ModelLoadError
from speech.engines.chatterbox.checkpoints import CHECKPOINTS, checkpoint, find
from speech.engines.chatterbox.downloads import download, hub_fetch

hub = pytest.importorskip("huggingface_hub")

Report = tuple[str, float]


def fill(folder: Path, name: str, optional: bool = True) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for file in CHECKPOINTS[name].files:
        if optional or not file.optional:
            (folder / file.name).write_bytes(b"x")
    return folder


def cached(cache: Path, name: str, revision: str, ref: str = "") -> Path:
    """The hub's cache with a checkpoint in it; `ref` names the revision, as a download of a branch does."""
    wanted = CHECKPOINTS[name]
    root = cache / f"models--{wanted.repository.replace('/', '--')}"
    if ref:
        (root / "refs").mkdir(parents=True)
        (root / "refs" / ref).write_text(revision)
    return fill(root / "snapshots" / revision, name)


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_found_in_its_folder_in_the_folder_itself_and_in_the_cache(tmp_path: Path, name: str) -> None:
    local, cache = tmp_path / "models", tmp_path / "cache"
    assert find(name, local, cache) is None
    assert find(name, None, cache) is None
    in_cache = cached(cache, name, CHECKPOINTS[name].revision)
    assert find(name, local, cache) == in_cache
    assert find(name, None, cache) == in_cache
    itself = fill(local, name, optional=False)
    assert find(name, local, cache) == itself
    below = fill(local / CHECKPOINTS[name].folder, name, optional=False)
    assert find(name, local, cache) == below


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_missing_file_makes_it_incomplete(tmp_path: Path, name: str) -> None:
    for file in CHECKPOINTS[name].files:
        folder = fill(tmp_path / "models", name)
        (folder / file.name).unlink()
        assert (find(name, folder, tmp_path / "cache") is None) == (not file.optional), file.name


def test_what_the_package_itself_fetched_is_found(tmp_path: Path) -> None:
    folder = cached(tmp_path, "turbo", "f" * 40, ref="main")
    assert find("turbo", None, tmp_path) == folder


def test_multilingual_versions_share_a_folder_and_differ_in_one_file() -> None:
    two, three = checkpoint("multilingual"), checkpoint("multilingual-v3")
    assert {file.name for file in two.files} ^ {file.name for file in three.files} == {two.t3, three.t3}
    assert (two.family, two.folder, two.revision) == (three.family, three.folder, three.revision)


def test_every_revision_is_a_commit() -> None:
    for wanted in CHECKPOINTS.values():
        assert len(wanted.revision) == 40
        assert int(wanted.revision, 16)


def test_unknown_model_is_refused_by_name() -> None:
    with pytest.raises(ModelLoadError, match="'huge'; there are english, multilingual, multilingual-v3, turbo"):
        find("huge")


class FakeHub:
    """Writes files into a folder, telling of their bytes in pieces, as the hub would."""

    def __init__(self, folder: Path, lacking: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.lacking = lacking
        self.asked: list[tuple[str, str, str]] = []

    def __call__(self, repository: str, file: str, revision: str, arrived: Callable[[int], None]) -> Path:
        self.asked.append((repository, file, revision))
        if file in self.lacking:
            raise FileNotFoundError(file)
        for _ in range(50):
            arrived(40_000_000)
        self.folder.mkdir(exist_ok=True)
        (self.folder / file).write_bytes(b"x")
        return self.folder / file


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_download_asks_for_every_file_at_the_pinned_revision(tmp_path: Path, name: str) -> None:
    fake, wanted = FakeHub(tmp_path / "snapshot"), CHECKPOINTS[name]
    assert download(name, fetch=fake) == tmp_path / "snapshot"
    assert fake.asked == [(wanted.repository, file.name, wanted.revision) for file in wanted.files]
    assert wanted.complete(tmp_path / "snapshot")


def test_progress_grows_from_nothing_to_all_in_percents(tmp_path: Path) -> None:
    reports: list[Report] = []
    download("english", lambda text, share: reports.append((text, share)), FakeHub(tmp_path / "snapshot"))
    shares = [share for _, share in reports]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert len(shares) <= 101
    # 2 of 3.2 GB are the first file.
    assert [text for text, share in reports if share < 0.6] == [
        "Downloading t3_cfg.safetensors of Chatterbox english"
    ] * (sum(share < 0.6 for share in shares))
    assert sum(share < 0.6 for share in shares) > 40


def test_missing_optional_file_is_passed_over(tmp_path: Path) -> None:
    fake = FakeHub(tmp_path / "snapshot", lacking=("conds.pt", "Cangjie5_TC.json"))
    assert CHECKPOINTS["multilingual"].complete(download("multilingual", fetch=fake))


def test_missing_file_is_named(tmp_path: Path) -> None:
    fake = FakeHub(tmp_path / "snapshot", lacking=("s3gen.safetensors",))
    with pytest.raises(ModelLoadError, match=r"s3gen\.safetensors is no longer in ResembleAI/chatterbox"):
        download("english", fetch=fake)


def test_files_in_several_folders_are_no_checkpoint(tmp_path: Path) -> None:
    def scatter(_repository: str, file: str, _revision: str, _arrived: Callable[[int], None]) -> Path:
        return tmp_path / file / file

    with pytest.raises(ModelLoadError, match="different folders"):
        download("vc", fetch=scatter)


def test_hub_is_asked_for_the_revision_and_tells_of_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[Any] = []

    def fake(repository: str, file: str, *, revision: str, tqdm_class: Any) -> str:
        asked.append((repository, file, revision))
        # As hf_hub_download makes its bar when it goes on with a file of which 100 bytes are there.
        with tqdm_class(unit="B", total=1000, initial=100, desc=file, disable=False, name="hub") as bar:
            bar.update(400)
            bar.update(500)
        return str(tmp_path / file)

    monkeypatch.setattr(hub, "hf_hub_download", fake)
    counts: list[int] = []
    assert hub_fetch("a/b", "c.bin", "d", counts.append) == tmp_path / "c.bin"
    assert asked == [("a/b", "c.bin", "d")]
    assert counts == [100, 400, 500]


def failing(error: Exception) -> Callable[..., Any]:
    def fail(*_args: object, **_options: object) -> None:
        raise error

    return fail


def test_no_network_is_a_load_error_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub.errors import LocalEntryNotFoundError

    for error in (LocalEntryNotFoundError("offline"), ConnectionError("refused"), ValueError("strange")):
        monkeypatch.setattr(hub, "hf_hub_download", failing(error))
        with pytest.raises(ModelLoadError, match=type(error).__name__) as caught:
            hub_fetch("a/b", "c.bin", "d", lambda _count: None)
        assert "Place the model's files in the local model folder" in caught.value.message


def test_file_that_the_hub_lacks_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub.errors import EntryNotFoundError

    monkeypatch.setattr(hub, "hf_hub_download", failing(EntryNotFoundError("404")))
    with pytest.raises(FileNotFoundError):
        hub_fetch("a/b", "c.bin", "d", lambda _count: None)


def test_without_the_hubs_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert find("english", tmp_path) is None
    with pytest.raises(ModelLoadError, match="huggingface_hub is not installed"):
        hub_fetch("a/b", "c.bin", "d", lambda _count: None)


def test_file_that_the_hub_knows_to_be_absent_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    marker = SimpleNamespace(try_to_load_from_cache=lambda *_args, **_options: object())
    monkeypatch.setitem(sys.modules, "huggingface_hub", marker)
    assert find("english") is None
