"""States of the environment, and making it without destroying anything else."""

import os
from pathlib import Path

import pytest

from launcher import environment, stamp
from launcher.environment import State
from launcher.problems import LauncherError


def fake_venv(folder: Path, *, python: bool = True) -> Path:
    interpreter = environment.python_in(folder)
    interpreter.parent.mkdir(parents=True)
    (folder / environment.CONFIG_FILE).write_text("home = /gone\n")
    if python:
        interpreter.write_text("#!/bin/sh\nexit 0\n")
        interpreter.chmod(0o755)
    return folder


def test_missing_and_empty(tmp_path: Path) -> None:
    assert environment.inspect(tmp_path / "no") is State.MISSING
    assert environment.inspect(tmp_path) is State.MISSING


def test_folder_with_other_things_is_foreign_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    assert environment.inspect(tmp_path) is State.FOREIGN
    with pytest.raises(LauncherError, match="left alone"):
        environment.create(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "precious"


def test_made_but_not_filled_is_unfinished(tmp_path: Path) -> None:
    venv = fake_venv(tmp_path / "venv")
    assert environment.inspect(venv) is State.UNFINISHED
    stamp.write(venv, stamp.Stamp({"default": stamp.UNFINISHED}))
    assert environment.inspect(venv) is State.UNFINISHED


def test_stamped_is_usable(tmp_path: Path) -> None:
    venv = fake_venv(tmp_path / "venv")
    stamp.write(venv, stamp.Stamp({"default": "abc"}))
    assert environment.inspect(venv) is State.USABLE


@pytest.mark.skipif(os.name == "nt", reason="links to interpreters are a POSIX matter")
def test_removed_interpreter_is_broken(tmp_path: Path) -> None:
    venv = fake_venv(tmp_path / "venv", python=False)
    environment.python_in(venv).symlink_to(tmp_path / "removed" / "python3")
    stamp.write(venv, stamp.Stamp({"default": "abc"}))
    assert environment.inspect(venv) is State.BROKEN


@pytest.mark.skipif(os.name == "nt", reason="uses a shell script as interpreter")
def test_interpreter_that_does_not_run_is_broken(tmp_path: Path) -> None:
    venv = fake_venv(tmp_path / "venv")
    environment.python_in(venv).write_text("#!/bin/sh\nexit 1\n")
    stamp.write(venv, stamp.Stamp({"default": "abc"}))
    assert environment.inspect(venv) is State.USABLE
    assert environment.inspect(venv, run=True) is State.BROKEN


def test_folder_comes_from_the_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(environment.FOLDER_VARIABLE, str(tmp_path / "other"))
    assert environment.venv_folder() == tmp_path / "other"
    monkeypatch.setenv(environment.FOLDER_VARIABLE, "")
    assert environment.venv_folder().name == ".venv"


def test_misleading_variables_do_not_reach_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHOME", "/elsewhere")
    monkeypatch.setenv("SOMETHING", "kept")
    assert "PYTHONHOME" not in environment.child_environment()
    assert environment.child_environment()["SOMETHING"] == "kept"


def test_missing_venv_module_is_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(LauncherError, match="venv module is missing") as caught:
        environment.create(tmp_path / "venv")
    assert "python3-venv" in caught.value.hint


def test_failed_creation_is_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    (tmp_path / "python").write_text("#!/bin/sh\necho 'Error: [Errno 28] No space left on device'\nexit 1\n")
    (tmp_path / "python").chmod(0o755)
    with pytest.raises(LauncherError, match="disk is full"):
        environment.create(tmp_path / "venv")
