"""The virtual environment: where it is, whether it works, making it anew."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from enum import Enum
from pathlib import Path

from launcher import stamp
from launcher.problems import LauncherError, explain
from launcher.sets import REPOSITORY

FOLDER_VARIABLE = "CHATTERBOX_VENV"
CONFIG_FILE = "pyvenv.cfg"


class State(Enum):
    """What is found at the environment's place."""

    MISSING = "not made yet"
    BROKEN = "broken: its Python is gone or does not run"
    UNFINISHED = "an installation in it did not finish"
    FOREIGN = "the folder exists and is no virtual environment"
    USABLE = "usable"


def venv_folder() -> Path:
    """The environment's folder: CHATTERBOX_VENV, or .venv in the repository."""
    chosen = os.environ.get(FOLDER_VARIABLE, "").strip()
    return Path(chosen).expanduser().absolute() if chosen else REPOSITORY / ".venv"


def python_in(venv: Path) -> Path:
    """The environment's interpreter."""
    return venv / "Scripts" / "python.exe" if os.name == "nt" else venv / "bin" / "python"


def child_environment() -> dict[str, str]:
    """This process's variables without those that would lead the environment's Python astray."""
    misleading = {"PYTHONHOME", "__PYVENV_LAUNCHER__"}
    return {name: value for name, value in os.environ.items() if name not in misleading}


def inspect(venv: Path, *, run: bool = False) -> State:
    """Look at the environment.

    Args:
        venv: its folder.
        run: also start its Python; without it the look takes no measurable time.
    """
    if not venv.exists() or (venv.is_dir() and not any(venv.iterdir())):
        return State.MISSING
    if not (venv / CONFIG_FILE).is_file() and stamp.read(venv) is None:
        return State.FOREIGN
    # A link to an interpreter that was removed does not "exist".
    if not python_in(venv).exists() or (run and not _runs(venv)):
        return State.BROKEN
    noted = stamp.read(venv)
    return State.USABLE if noted is not None and noted.sets.get("default") else State.UNFINISHED


def create(venv: Path) -> None:
    """Make the environment, replacing a broken one.

    Raises:
        LauncherError: the venv module, the permission or the space for it is missing, or the folder holds
            something that is not an environment and is therefore left alone.
    """
    if inspect(venv) is State.FOREIGN:
        raise LauncherError(
            f"{venv} exists and is not a virtual environment, so it was left alone.",
            f"Move it away, or choose another folder with {FOLDER_VARIABLE}=/path.",
        )
    if any(importlib.util.find_spec(name) is None for name in ("venv", "ensurepip")):
        raise explain("No module named venv", "Making the environment")
    try:
        if venv.exists():
            shutil.rmtree(venv)
        venv.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise explain(str(error), "Making the environment") from error
    done = subprocess.run(
        [sys.executable, "-m", "venv", str(venv)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=child_environment(), check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise explain(done.stdout, "Making the environment")


def _runs(venv: Path) -> bool:
    try:
        done = subprocess.run(
            [str(python_in(venv)), "-c", "import pip"],
            capture_output=True, env=child_environment(), timeout=60, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
