"""What the launcher shows: numbered steps, one live line under them, and problems with their remedy."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TextIO

from launcher.problems import LauncherError

# How often a log file or a pipe, which has no live line, hears that a step still runs.
QUIET_SECONDS = 15.0


class Console:
    """Writes progress to one stream; redraws a single line on a terminal and stays brief elsewhere.

    Args:
        stream: where to write; standard error by default, so that standard output stays the command's.
        total: number of steps that will be announced.
    """

    def __init__(self, stream: TextIO | None = None, total: int = 0) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._live = self._stream.isatty()
        self._drawn = 0
        self._last_line_at = time.monotonic()
        self._step = 0
        self.total = total

    def say(self, text: str) -> None:
        """Write one whole line."""
        self._erase()
        self._stream.write(text + "\n")
        self._stream.flush()
        self._last_line_at = time.monotonic()

    def step(self, text: str) -> None:
        """Announce the next step as "[n/m] text"."""
        self._step += 1
        self.say(f"[{self._step}/{max(self.total, self._step)}] {text}")

    def live(self, text: str) -> None:
        """Show what happens right now, in place of what was shown before."""
        if not self._live:
            if time.monotonic() - self._last_line_at >= QUIET_SECONDS:
                self.say("      " + text)
            return
        width = shutil.get_terminal_size().columns - 1
        shown = ("      " + text)[:width]
        self._stream.write("\r" + shown.ljust(self._drawn))
        self._stream.flush()
        self._drawn = len(shown)

    def problem(self, error: LauncherError) -> None:
        """Write what is wrong and what to do."""
        self.say(f"Problem: {error.message}")
        if error.hint:
            self.say(f"What to do: {error.hint}")

    def _erase(self) -> None:
        if self._drawn:
            self._stream.write("\r" + " " * self._drawn + "\r")
            self._drawn = 0
