"""Bringing a Chatterbox checkpoint to this machine from the model hub, with progress."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from exceptions import ModelLoadError
from speech.engines.chatterbox.checkpoints import Checkpoint, CheckpointFile, checkpoint
from speech.engines.protocol import ProgressReport

Fetch = Callable[[str, str, str, Callable[[int], None]], Path]
"""Brings one file to this machine: repository, file, revision, what to call with each count of arrived bytes.

Returns the file's path. Raises `ModelLoadError` if it cannot, `FileNotFoundError` if the repository lacks the file.
"""


def download(name: str, report: ProgressReport | None = None, fetch: Fetch | None = None) -> Path:
    """Bring a checkpoint to this machine, keeping what is already there; returns its folder.

    An interrupted download goes on where it stopped.

    Args:
        name: key of `CHECKPOINTS`.
        report: told about every percent.
        fetch: brings one file; `hub_fetch` unless given.

    Raises:
        ModelLoadError: a file cannot be had.
    """
    wanted = checkpoint(name)
    fetch = fetch or hub_fetch
    progress = _Progress(wanted, report)
    folders: set[Path] = set()
    for file in wanted.files:
        progress.begin(file)
        try:
            folders.add(fetch(wanted.repository, file.name, wanted.revision, progress.arrived).parent)
        except FileNotFoundError as error:
            if not file.optional:
                raise ModelLoadError(f"{file.name} is no longer in {wanted.repository} on the model hub.") from error
        progress.end(file)
    if len(folders) != 1:
        raise ModelLoadError(f"The files of the Chatterbox model {name} were put in different folders.")
    return folders.pop()


def hub_fetch(repository: str, file: str, revision: str, arrived: Callable[[int], None]) -> Path:
    """`Fetch` from the model hub, into its cache; resumes what was interrupted.

    Raises:
        ModelLoadError: the file cannot be downloaded.
        FileNotFoundError: the repository has no such file.
    """
    try:
        import huggingface_hub
        from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError
        from tqdm.auto import tqdm
    except ImportError as error:
        raise ModelLoadError("Chatterbox's model cannot be downloaded: huggingface_hub is not installed.") from error

    class Bar(tqdm):  # type: ignore[misc]
        """A progress bar that tells the caller instead of a terminal."""

        def __init__(self, *args: Any, **options: Any) -> None:
            options.pop("name", None)
            super().__init__(*args, **{**options, "disable": True})
            # What an earlier, interrupted download left counts as arrived.
            arrived(int(options.get("initial") or 0))

        def update(self, n: float | None = 1) -> bool | None:
            arrived(int(n or 0))
            return None

    try:
        return Path(huggingface_hub.hf_hub_download(repository, file, revision=revision, tqdm_class=Bar))
    except EntryNotFoundError as error:
        # A machine without a network, too, ends here for a file that is not in the cache.
        if isinstance(error, FileNotFoundError):
            raise ModelLoadError(_unreachable(repository, file, error)) from error
        raise FileNotFoundError(file) from error
    except (HfHubHTTPError, OSError, ValueError, RuntimeError) as error:
        raise ModelLoadError(_unreachable(repository, file, error)) from error


def _unreachable(repository: str, file: str, error: Exception) -> str:
    return (
        f"{file} is not on this machine and could not be downloaded from {repository} on the model hub "
        f"({type(error).__name__}). Place the model's files in the local model folder."
    )


class _Progress:
    """Turns arriving bytes into reports over the whole checkpoint, at most one for each percent."""

    def __init__(self, wanted: Checkpoint, report: ProgressReport | None) -> None:
        self._wanted = wanted
        self._report = report
        # The hub tells about one file from several threads.
        self._lock = threading.Lock()
        self._done = 0.0
        self._in_file = 0.0
        self._file = wanted.files[0]
        self._told = -1

    def begin(self, file: CheckpointFile) -> None:
        """`file` is next."""
        self._file = file
        self._in_file = 0.0
        self._tell()

    def arrived(self, count: int) -> None:
        """`count` more bytes of the present file are here."""
        with self._lock:
            self._in_file = min(self._in_file + count / 1e6, float(self._file.megabytes))
            self._tell()

    def end(self, file: CheckpointFile) -> None:
        """`file` is here."""
        with self._lock:
            self._done += file.megabytes
            self._in_file = 0.0
            self._tell()

    def _tell(self) -> None:
        share = min((self._done + self._in_file) / self._wanted.megabytes, 1.0)
        if self._report is not None and int(share * 100) > self._told:
            self._told = int(share * 100)
            self._report(f"Downloading {self._file.name} of Chatterbox {self._wanted.name}", share)
