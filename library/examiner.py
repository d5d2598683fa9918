"""Has files from strangers decoded in another process, so that none can crash, stop or fill this one."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from exceptions import InvalidRequestError
from library.examination import Examination
from speech.cancel import CancelToken

_REPOSITORY: Final = Path(__file__).resolve().parent.parent
_START_SECONDS: Final = 30.0
_LEAST_SECONDS: Final = 10.0
_SECONDS_EACH: Final = 0.02
"""Time for each second that a recording may last; decoding takes a tenth of it."""
_GUARD_STEP_SECONDS: Final = 0.2
"""How often it is asked whether the caller still waits."""
_FILES_EACH: Final = 200
"""After so many files a process is replaced, so that what damaged ones left in its memory goes with it."""


class Examiner:
    """Thread-safe; processes start when they are first needed, and one waits for the next file until `close`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: _Process | None = None

    def examine(self, path: Path, longest: float, field: str, cancel: CancelToken | None = None) -> Examination:
        """Decode and measure a file.

        Args:
            path: of a file that nobody writes to meanwhile.
            longest: seconds the recording may last.
            field: of the request, for the error.
            cancel: ends the decoding.

        Raises:
            InvalidRequestError: it cannot be decoded in the time it may take, or is too long; says so.
            CancelledError, DeadlineExceededError: from `cancel`.
        """
        cancel = cancel or CancelToken()
        limit = _LEAST_SECONDS + longest * _SECONDS_EACH
        question = {"path": str(path), "longest": longest}
        with self._process() as process:
            answer = process.ask(question, limit, cancel)
        if answer is None and not process.killed and process.files > 1:
            # It may have died while it waited, through no fault of this file.
            with self._process() as process:
                answer = process.ask(question, limit, cancel)
        if answer is None:
            cancel.raise_if_stopped()
            raise InvalidRequestError("The recording cannot be decoded.", field=field)
        if "refused" in answer:
            raise InvalidRequestError(f"The recording {answer['refused']}.", field=field)
        return Examination(**answer["found"])

    def close(self) -> None:
        """End the waiting process."""
        with self._lock:
            process, self._idle = self._idle, None
        if process is not None:
            process.end()

    @contextlib.contextmanager
    def _process(self) -> Iterator[_Process]:
        with self._lock:
            process, self._idle = self._idle, None
        if process is None or not process.fit:
            process = _Process()
        try:
            yield process
        finally:
            with self._lock:
                keeps = self._idle is None and process.fit
                if keeps:
                    self._idle = process
            if not keeps:
                process.end()


class _Process:
    """One run of ``library.examination``.

    Attributes:
        files: that it was given.
        killed: whether it was stopped at its work.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "library.examination"],
            cwd=_REPOSITORY,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self.files = 0
        self.killed = False
        self._broken = False
        self._line(_START_SECONDS, CancelToken())

    @property
    def fit(self) -> bool:
        """Whether it can take another file."""
        return not self._broken and self.files < _FILES_EACH and self._process.poll() is None

    def ask(self, question: dict[str, Any], seconds: float, cancel: CancelToken) -> dict[str, Any] | None:
        """The answer; ``None`` if the process died or was killed, because `seconds` were over or of `cancel`."""
        assert self._process.stdin is not None
        self.files += 1
        line = ""
        with contextlib.suppress(OSError):
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            line = self._line(seconds, cancel)
        self._broken = not line.endswith("\n")
        return None if self._broken else json.loads(line)

    def end(self) -> None:
        """Stop it, whatever it does."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _line(self, seconds: float, cancel: CancelToken) -> str:
        """The next line; an unfinished one if the process ends or is killed."""
        assert self._process.stdout is not None
        written = threading.Event()
        guard = threading.Thread(target=self._guard, args=(written, time.monotonic() + seconds, cancel), daemon=True)
        guard.start()
        try:
            return self._process.stdout.readline()
        finally:
            written.set()
            guard.join()

    def _guard(self, written: threading.Event, until: float, cancel: CancelToken) -> None:
        """Kill the process if it has not `written` in time."""
        while not written.wait(_GUARD_STEP_SECONDS):
            if cancel.cancelled or time.monotonic() > until:
                self.killed = True
                self._process.kill()
                return
