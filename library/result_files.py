"""The files of one result on their way to disk: all of them appear together when they are complete, or none."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal

from speech.atomic_file import disk_failures, new_partial, put_in_place
from speech.audio.encode import FORMATS, AudioFileWriter
from speech.audio.m4b import M4B, CoverPicture, M4bWriter
from speech.samples import Samples

AudioKind = Literal["result", "original", "chunk", "chapter"]
TextRole = Literal["captions", "record"]


@dataclass(frozen=True)
class Place:
    """Which part of a result a file holds.

    Attributes:
        kind: the whole result, its audio before the silence cut, one chunk, or one chapter of a book.
        generation: which of several results of the same request, from 1.
        chunk: index of the chunk or chapter, for files of single ones.
    """

    kind: AudioKind = "result"
    generation: int = 1
    chunk: int | None = None


@dataclass(frozen=True)
class StoredFile:
    """One finished audio file.

    Attributes:
        format: key of `FORMATS`.
        path: where it lies; never shown to clients.
        name: relative to the outputs root, with ``/``.
        size_bytes: on disk.
        duration_seconds: of its audio.
        place: what it holds.
    """

    format: str
    path: Path
    name: str
    size_bytes: int
    duration_seconds: float
    place: Place = Place()


@dataclass(frozen=True)
class StoredText:
    """A finished text file beside the audio; attributes as of `StoredFile`.

    Attributes:
        role: captions are for everybody, records (settings, sidecar) for whoever made the result.
    """

    role: TextRole
    format: str
    path: Path
    name: str
    generation: int


class Recording:
    """Samples on their way into all asked-for formats at once."""

    def __init__(self, writers: Sequence[AudioFileWriter | M4bWriter], sample_rate: int) -> None:
        self._writers = writers
        self.sample_rate = sample_rate
        self._open = contextlib.ExitStack()
        self.sample_count = 0
        for writer in writers:
            self._open.enter_context(writer)

    @property
    def seconds(self) -> float:
        """Length so far."""
        return self.sample_count / self.sample_rate

    def write(self, samples: Samples) -> None:
        """Append to every format."""
        with disk_failures("the audio file"):
            for writer in self._writers:
                writer.write(samples)
        self.sample_count += len(samples)

    def close(self) -> None:
        """Finish the files, so that no encoder is kept; further calls do nothing."""
        with disk_failures("the audio file"):
            self._open.close()

    def __enter__(self) -> Recording:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._open.__exit__(kind, error, trace)


class ResultFiles:
    """Collects the files of one result; used as a context manager by `OutputStore.result`.

    Args:
        root: the outputs folder.
        folder: of this result, below the root; made when the first file is opened.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        self._root = root
        self._folder = folder
        self._partials: dict[Path, Path] = {}
        self._recordings = contextlib.ExitStack()
        self._audio: list[tuple[Path, str, Recording, Place]] = []
        self._texts: list[StoredText] = []

    def audio(
        self,
        stem: str,
        formats: Sequence[str],
        sample_rate: int,
        tags: Mapping[str, str] | None = None,
        place: Place = Place(),
    ) -> Recording:
        """Open ``stem`` in every format.

        Raises:
            DiskFullError: no room.
        """
        targets = [self._folder / f"{stem}{FORMATS[name].suffix}" for name in formats]
        partials = [self._partial(target) for target in targets]
        with disk_failures("the audio file"):
            writers = [
                AudioFileWriter(partial, name, sample_rate, tags)
                for partial, name in zip(partials, formats, strict=True)
            ]
        recording = self._recordings.enter_context(Recording(writers, sample_rate))
        self._audio += [(target, name, recording, place) for target, name in zip(targets, formats, strict=True)]
        return recording

    def audiobook(
        self, stem: str, sample_rate: int, tags: Mapping[str, str], cover: CoverPicture | None
    ) -> tuple[Recording, M4bWriter]:
        """Open ``stem.m4b``; the writer takes the chapters.

        Raises:
            DiskFullError: no room.
        """
        target = self._folder / f"{stem}{M4B.suffix}"
        partial = self._partial(target)
        with disk_failures("the audiobook"):
            writer = M4bWriter(partial, sample_rate, tags, cover)
        recording = self._recordings.enter_context(Recording([writer], sample_rate))
        self._audio.append((target, "m4b", recording, Place()))
        return recording, writer

    def text(
        self,
        filename: str,
        content: str | bytes,
        role: TextRole,
        format_name: str,
        generation: int,
    ) -> None:
        """Write a text file, in UTF-8 unless it comes as bytes.

        Raises:
            DiskFullError: no room.
        """
        target = self._folder / filename
        partial = self._partial(target)
        encoded = content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")
        with disk_failures(filename):
            partial.write_bytes(encoded)
        self._texts.append(StoredText(role, format_name, target, self._name(target), generation))

    @property
    def stored(self) -> tuple[StoredFile, ...]:
        """The audio files, once the block has ended."""
        return tuple(
            StoredFile(name, path, self._name(path), path.stat().st_size, recording.seconds, place)
            for path, name, recording, place in self._audio
        )

    @property
    def texts(self) -> tuple[StoredText, ...]:
        """The text files, once the block has ended."""
        return tuple(self._texts)

    def _partial(self, target: Path) -> Path:
        with disk_failures(target.name):
            target.parent.mkdir(parents=True, exist_ok=True)
            self._partials[target] = new_partial(target)
        return self._partials[target]

    def _name(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()

    def __enter__(self) -> ResultFiles:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is not None:
                self._recordings.__exit__(kind, error, trace)
                return
            self._recordings.close()
            self._appear()
        finally:
            for partial in self._partials.values():
                partial.unlink(missing_ok=True)

    def _appear(self) -> None:
        try:
            with disk_failures("the result"):
                put_in_place(self._partials)
        except BaseException:
            # Some may have their names already; a result is whole or not there.
            for target in self._partials:
                target.unlink(missing_ok=True)
            raise
