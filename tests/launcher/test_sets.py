"""Which packages are due, and how much room they take."""

from pathlib import Path

import pytest

from launcher import sets


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with requirement files of its own."""
    for package_set in sets.ALL_SETS:
        for call in package_set.calls:
            (tmp_path / call.file).write_text(f"# {call.file}\nexample==1\n")
    return tmp_path


def no_gpu() -> str:
    return ""


def names(found: tuple[sets.PackageSet, ...]) -> list[str]:
    return [package_set.name for package_set in found]


def test_plain_start_wants_the_default_set_only() -> None:
    assert names(sets.wanted((), {}, no_gpu)) == ["default"]


def test_what_was_installed_once_stays_wanted() -> None:
    assert names(sets.wanted((), {"default": "x", "chatterbox": "y"}, no_gpu)) == ["default", "chatterbox"]


def test_request_keeps_the_order_of_installation() -> None:
    assert names(sets.wanted(("chatterbox", "test"), {}, no_gpu)) == ["default", "test", "chatterbox"]


def test_a_gpu_brings_chatterbox() -> None:
    assert names(sets.wanted((), {}, lambda: "a GPU")) == ["default", "chatterbox"]
    assert names(sets.wanted((), {}, no_gpu)) == ["default"]


def test_nothing_is_due_when_the_digests_agree(root: Path) -> None:
    recorded = {package_set.name: package_set.digest(root) for package_set in sets.ALL_SETS}
    assert sets.due(sets.ALL_SETS, recorded, root) == ()


def test_changed_pin_makes_its_set_due(root: Path) -> None:
    recorded = {"default": sets.DEFAULT.digest(root), "test": sets.TEST.digest(root)}
    (root / "requirements-test.txt").write_text("example==2\n")
    assert names(sets.due((sets.DEFAULT, sets.TEST), recorded, root)) == ["test"]


def test_chatterbox_is_repeated_after_a_set_that_raises_what_it_holds_back(root: Path) -> None:
    recorded = {package_set.name: package_set.digest(root) for package_set in sets.ALL_SETS}
    recorded["test"] = "older"
    assert names(sets.due(sets.ALL_SETS, recorded, root)) == ["test", "chatterbox"]


def test_digest_ignores_line_ends_and_sees_every_file(root: Path) -> None:
    before = sets.CHATTERBOX.digest(root)
    last = root / sets.CHATTERBOX.calls[-1].file
    last.write_bytes(last.read_bytes().replace(b"\n", b"\r\n"))
    assert sets.CHATTERBOX.digest(root) == before
    last.write_text("example==3\n")
    assert sets.CHATTERBOX.digest(root) != before


def test_space_counts_downloads_and_unpacked_files_with_a_margin() -> None:
    both = sets.DEFAULT.download_mb + sets.DEFAULT.installed_mb
    assert both < sets.space_needed_mb([sets.DEFAULT]) < 1.25 * both
    assert sets.space_needed_mb([]) == 0


def test_free_space_of_a_folder_that_does_not_exist_yet(tmp_path: Path) -> None:
    assert sets.free_mb(tmp_path / "not" / "yet") == pytest.approx(sets.free_mb(tmp_path), abs=500)


def test_lock_files_pin_everything_with_hashes_and_name_no_index() -> None:
    for package_set in sets.ALL_SETS:
        for call in package_set.calls:
            text = (sets.REPOSITORY / call.file).read_text(encoding="utf-8")
            pins = [line for line in text.splitlines() if line[:1].isalnum()]
            assert pins and all("==" in line for line in pins)
            assert "://" not in text and "--index" not in text and "--find-links" not in text
            if "--require-hashes" in call.options:
                assert all(line.rstrip().endswith("\\") for line in pins)


def test_test_set_agrees_with_the_default_set() -> None:
    def pins(file: str) -> dict[tuple[str, str], str]:
        lines = (sets.REPOSITORY / file).read_text(encoding="utf-8").splitlines()
        found = {}
        for line in lines:
            if "==" in line and line[:1].isalnum():
                pin, _, marker = line.rstrip("\\ ").partition(" ; ")
                name, _, version = pin.partition("==")
                found[name, marker] = version
        return found

    default, test = pins("requirements.txt"), pins("requirements-test.txt")
    shared = default.keys() & test.keys()
    assert len(shared) > 10
    assert {key: default[key] for key in shared} == {key: test[key] for key in shared}
