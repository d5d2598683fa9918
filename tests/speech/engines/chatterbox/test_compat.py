"""The quirks of the packages: what is missing is named, and preparing twice changes nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from exceptions import ModelLoadError
from speech.engines.chatterbox import compat
from tests.support.chatterbox import module_of, needs_chatterbox

needs_chatterbox()

REPOSITORY = Path(__file__).parents[4]


def test_missing_packages_are_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    packages = {**compat.PACKAGES, "no_such_package": "no-such-package", "also_missing": "also-missing"}
    monkeypatch.setattr(compat, "PACKAGES", packages)
    with pytest.raises(ModelLoadError, match="no-such-package, also-missing are not installed") as caught:
        compat.require()
    assert "start.py setup --with chatterbox" in caught.value.message
    assert caught.value.detail == {"missing": ["no-such-package", "also-missing"]}


def test_a_mere_folder_is_no_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "only_a_folder").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(compat, "PACKAGES", {"only_a_folder": "only-a-folder"})
    with pytest.raises(ModelLoadError, match="only-a-folder is not installed"):
        compat.require()


def test_importing_our_modules_imports_no_torch() -> None:
    modules = sorted(path.stem for path in (REPOSITORY / "speech/engines/chatterbox").glob("*.py"))
    names = ", ".join(f"speech.engines.chatterbox.{name}" for name in modules if name != "__init__")
    probe = f"import sys, {names}; print([n for n in ('torch', 'chatterbox', 'librosa') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_preparing_twice_changes_nothing() -> None:
    table = module_of("chatterbox.models.t3.llama_configs").LLAMA_CONFIGS
    before = {name: dict(values) for name, values in table.items()}
    torchaudio = sys.modules["torchaudio"]
    compat.prepare()
    assert {name: dict(values) for name, values in table.items()} == before
    assert sys.modules["torchaudio"] is torchaudio


def test_packages_that_do_not_fit_are_a_load_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compat, "require", lambda: None)
    # Importing it now raises as it does where one of its own imports fails.
    monkeypatch.setitem(sys.modules, "chatterbox", None)
    with pytest.raises(ModelLoadError, match="do not fit together"):
        compat.prepare()


def test_a_setuptools_without_pkg_resources_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module_of("perth"), "PerthImplicitWatermarker", None)
    with pytest.raises(ModelLoadError, match="setuptools older than 81"):
        compat.watermarker()


def test_a_torchaudio_of_the_same_release_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torchaudio")
    monkeypatch.delitem(sys.modules, "torchaudio._extension")
    monkeypatch.setattr("importlib.metadata.version", lambda _name: "2.6.0+cu124")
    compat._detach_torchaudio()
    assert "torchaudio._extension" not in sys.modules
    monkeypatch.setattr("importlib.metadata.version", lambda name: {"torch": "2.13.0", "torchaudio": "2.11.0"}[name])
    compat._detach_torchaudio()
    assert sys.modules["torchaudio._extension"]._IS_TORCHAUDIO_EXT_AVAILABLE is False
