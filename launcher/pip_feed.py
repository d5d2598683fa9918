"""Runs pip and boils its output down to one changing line: which package, how large, how many are left."""

from __future__ import annotations

import queue
import re
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from launcher.environment import child_environment
from launcher.problems import explain

TICK_SECONDS = 1.0
# Enough of the output's end to recognise a failure in; all of it is in the log file.
KEPT_CHARACTERS = 20_000

_DOWNLOAD = re.compile(r"^\s*(?:Downloading|Using cached) (?P<file>\S+)(?: \((?P<size>[\d.]+ \w+)\))?")
_COLLECTING = re.compile(r"^Collecting (?P<name>[A-Za-z0-9_.-]+)")
_SATISFIED = re.compile(r"^Requirement already satisfied: (?P<name>[A-Za-z0-9_.-]+)")
_INSTALLING = re.compile(r"^Installing collected packages: (?P<names>.+)")
_IGNORING = re.compile(r"^Ignoring [A-Za-z0-9_.-]+: markers")
_PIN = re.compile(r"^[A-Za-z0-9_.-]+==", re.MULTILINE)


@dataclass
class Feed:
    """Turns lines of pip into what is worth showing.

    Attributes:
        total: packages named in the requirements file, less those that pip says are for other systems.
    """

    total: int
    seen: int = 0
    now: str = "starting"

    def take(self, line: str) -> bool:
        """Take one line; tells whether the shown text changed. Warnings and the like change nothing."""
        if _IGNORING.match(line):
            self.total = max(0, self.total - 1)
            return False
        return self._count(line) or self._download(line) or self._install(line)

    def text(self) -> str:
        """The line to show."""
        count = f"{min(self.seen, self.total)}/{self.total} " if self.total else ""
        return f"{count}{self.now}"

    def _count(self, line: str) -> bool:
        found = _COLLECTING.match(line) or _SATISFIED.match(line)
        if found is None:
            return False
        self.seen += 1
        self.now = found["name"]
        return True

    def _download(self, line: str) -> bool:
        found = _DOWNLOAD.match(line)
        if found is None or found["file"].endswith(".metadata"):
            return False
        name = found["file"].rsplit("/", 1)[-1].split("-", 1)[0]
        self.now = f"{name} ({found['size']})" if found["size"] else name
        return True

    def _install(self, line: str) -> bool:
        found = _INSTALLING.match(line)
        if found is None:
            return False
        count = found["names"].count(",") + 1
        self.seen = self.total
        self.now = f"unpacking {count} packages"
        return True


def pinned_count(requirements: Path) -> int:
    """Number of packages that a lock file pins, for all systems together."""
    return len(_PIN.findall(requirements.read_text(encoding="utf-8")))


def run_pip(
    python: Path,
    requirements: Path,
    options: Sequence[str],
    *,
    log: Path,
    show: Callable[[str], None],
) -> None:
    """Install one requirements file.

    Args:
        python: the environment's interpreter.
        requirements: the lock file.
        options: further options of `pip install`.
        log: file that receives all that pip prints.
        show: receives the current line whenever it changes, and at least every second.

    Raises:
        LauncherError: pip failed; says why and what to do.
        KeyboardInterrupt: Ctrl-C, after pip has been stopped.
    """
    command = [
        str(python), "-m", "pip", "install", "--no-input", "--disable-pip-version-check",
        "--no-warn-script-location", "--progress-bar", "off", *options, "-r", str(requirements),
    ]  # fmt: skip
    feed = Feed(pinned_count(requirements))
    follow(command, feed, log=log, show=show, step=f"Installing {requirements.name}")


def follow(command: Sequence[str], feed: Feed, *, log: Path, show: Callable[[str], None], step: str) -> None:
    """Run a command, feeding its lines to the live line and to a log file.

    Args:
        command: program and arguments.
        feed: boils the lines down.
        log: file to append the output to.
        show: receives the line to show.
        step: what is being done, for an error that is not recognised.

    Raises:
        LauncherError: the command failed.
    """
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        text=True, encoding="utf-8", errors="replace", env=child_environment(),
    ) as process:  # fmt: skip
        try:
            tail = _pump(process, feed, log, show)
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        error = explain(tail, step)
        error.hint = f"{error.hint} (Full output: {log})"
        raise error


def _pump(process: subprocess.Popen[str], feed: Feed, log: Path, show: Callable[[str], None]) -> str:
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    began = time.monotonic()
    tail = ""
    with log.open("a", encoding="utf-8") as kept:
        while True:
            try:
                line = lines.get(timeout=TICK_SECONDS)
            except queue.Empty:
                line = ""
            if line is None:
                break
            kept.write(line)
            tail = (tail + line)[-KEPT_CHARACTERS:]
            if feed.take(line) or not line:
                show(f"{feed.text()}  {time.monotonic() - began:.0f} s")
    process.wait()
    return tail
