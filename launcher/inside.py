"""Hands over from the starting Python to the environment's Python."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from launcher.environment import child_environment
from launcher.sets import REPOSITORY

INSIDE_VARIABLE = "START_PY_INSIDE"


def is_inside(venv: Path) -> bool:
    """Whether this process already runs in that environment."""
    # The variable ends the hand-over even where an unusual environment reports another prefix.
    return INSIDE_VARIABLE in os.environ or Path(sys.prefix).resolve() == venv.resolve()


def hand_over(python: Path, script: str, arguments: Sequence[str]) -> int:
    """Run a script of the repository in place of this process.

    On POSIX the process is replaced, so signals and the exit code need no passing on and this does not
    return. On Windows the script is a child that shares the console and with it Ctrl-C.

    Args:
        python: the environment's interpreter.
        script: file name in the repository.
        arguments: command line after the script.

    Returns:
        The script's exit code.
    """
    command = [str(python), str(REPOSITORY / script), *arguments]
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name != "nt":
        os.execve(command[0], command, {**child_environment(), INSIDE_VARIABLE: "1"})  # noqa: S606
    return run(command, {INSIDE_VARIABLE: "1"})


def run(command: Sequence[str], extra: dict[str, str] | None = None) -> int:
    """Run a child to its end, letting it handle Ctrl-C itself, and return its exit code.

    Args:
        command: program and arguments; runs in the repository's folder only if the program chooses so.
        extra: variables to add to the environment.
    """
    with subprocess.Popen(command, env={**child_environment(), **(extra or {})}) as child:
        while True:
            try:
                code = child.wait()
            except KeyboardInterrupt:
                # The console sent it to the child as well, which ends in its own order.
                continue
            # A child that a signal ended has a negative code; shells report 128 + signal.
            return code if code >= 0 else 128 - code
