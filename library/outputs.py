"""The outputs folder: names for new results, finding, listing and deleting finished audio.

The files of one result share their stem. Beside ``STEM.wav`` and other formats lie its sidecar ``STEM.json``, captions,
``STEM.settings.csv``, ``STEM_original.wav`` and ``STEM_chunk001.wav``; what belongs to all of them goes with the last.
``STEM.keep`` protects all of them from automatic cleaning.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path, PurePosixPath
from typing import Any, Final

from exceptions import ResourceNotFoundError
from library.disk_folder import read_sidecar
from library.entries import Digest, Entry, Filter
from library.index import Index
from library.pairs import remove_empty_folders, remove_files
from library.result_files import ResultFiles
from library.roots import existing_file, safe_relative, spelled_on_disk
from speech.atomic_file import disk_failures
from speech.audio.containers import measure_length
from speech.audio.decode import SUFFIXES
from speech.audio.encode import FORMATS
from speech.audio.m4b import M4B

CAPTION_SUFFIXES: Final = {"srt": ".srt", "vtt": ".vtt", "json": ".captions.json"}
"""File name endings of captions; the plain ``.json`` beside the audio is the sidecar, which is not served."""
MEDIA_TYPES: Final = {
    **{spec.suffix: spec.media_type for spec in (*FORMATS.values(), M4B)},
    ".srt": "application/x-subrip",
    ".vtt": "text/vtt",
    ".captions.json": "application/json",
}
"""What is served, by the ending of its name; sidecars and settings are not."""

KEEP_SUFFIX: Final = ".keep"
"""Ending of an empty file that protects its result from the clean-up; as a whole name, its folder and those below."""

_PART: Final = re.compile(r"_(original|chunk\d{3,})$")
_SHOWN_TEXT: Final = 200


class OutputStore:
    """The outputs folder; thread-safe.

    Args:
        root: created when first written to.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._names = threading.Lock()
        self._last_stamp = ""
        self._index = Index(root, self)
        self._changing = threading.Lock()

    def sidecar_name(self, file_name: str) -> str:
        """Part of `entries.Sidecars`."""
        return f"{_stem(file_name)}.json"

    def digest(self, name: str, sidecar: Mapping[str, Any]) -> Digest:
        """Part of `entries.Sidecars`."""
        settings = sidecar.get("settings")
        settings = settings if isinstance(settings, dict) else {}
        quality = sidecar.get("quality")
        quality = quality if isinstance(quality, dict) else {}
        text = str(settings.get("text") or "")[:_SHOWN_TEXT]
        stem = PurePosixPath(name).stem
        seconds = sidecar.get("audio_seconds") if stem == _stem(PurePosixPath(name).name) else None
        return Digest(
            kind=str(sidecar.get("type") or _kind_of(stem)),
            words=(text, str(settings.get("title") or "")),
            seconds=float(seconds) if isinstance(seconds, (int, float)) else None,
            details={
                "parameters": {key: value for key, value in settings.items() if key != "text"},
                "text": text,
                "quality": {key: quality.get(key) for key in ("verdict", "wer")} if quality else None,
                "sources": sidecar.get("source_files") or [],
                "voices": sidecar.get("voices") or [],
                "engine": sidecar.get("engine"),
                "watermarked": sidecar.get("watermarked"),
            },
        )

    def find(self, words: str) -> tuple[Path, str]:
        """Path and media type of the audio or caption file a client names.

        Raises:
            ResourceNotFoundError: no such file; sidecars are not served.
            InvalidRequestError: no safe path.
        """
        path = existing_file(self.root, words, "path")
        for ending, media_type in MEDIA_TYPES.items():
            if path.name.lower().endswith(ending):
                return path, media_type
        raise ResourceNotFoundError("There is no such file.", field="path")

    def new_stem(self, kind: str, seed: int | None = None) -> str:
        """A file name without ending that no other result of this process has: kind, time, seed if there is one."""
        with self._names:
            while True:
                stamp = datetime.now(timezone.utc).strftime("%Y-%m-%d_%H%M%S_%f")
                if stamp != self._last_stamp:
                    self._last_stamp = stamp
                    return f"{kind}_{stamp}" if seed is None else f"{kind}_{stamp}_seed{seed}"

    def result(self, folder: str) -> ResultFiles:
        """A context in which the files of one result are written; they appear together when it ends well.

        Args:
            folder: below the outputs, as the client names it.

        Raises:
            InvalidRequestError: no safe folder.
            DiskFullError: while writing.
        """
        return ResultFiles(self.root, spelled_on_disk(self.root, safe_relative(folder, "folder")))

    def has(self, folder: str, name: str) -> bool:
        """Whether a folder has a file of that name, in whatever case and Unicode form either is written.

        Raises:
            InvalidRequestError: no safe folder.
        """
        return spelled_on_disk(self.root, safe_relative(folder, "folder") / name).is_file()

    def page(self, wanted: Filter, page: int, page_size: int) -> tuple[list[Entry], int]:
        """Entries of one page, numbered from 1, newest first, and how many there are in all."""
        entries, total = self._index.page(wanted, (page - 1) * page_size, page_size, newest_first=True)
        return [self._completed(entry) for entry in entries], total

    def select(self, wanted: Filter) -> list[Entry]:
        """All entries that are meant, by name."""
        return self._index.select(wanted)

    def folders(self) -> dict[str, int]:
        """How many audio files each folder holds itself; the root is the empty name."""
        return self._index.folders()

    def record(self, words: str) -> tuple[Entry, dict[str, Any]]:
        """What is known of an output, and all of its sidecar.

        Raises:
            ResourceNotFoundError: there is no such audio.
        """
        path = self._audio(words)
        name = path.relative_to(self.root.resolve()).as_posix()
        found = self._index.select(Filter(names=(name,)))
        if not found:
            raise ResourceNotFoundError("There is no such file.", field="name")
        return self._completed(found[0]), read_sidecar(path.with_name(self.sidecar_name(path.name)))

    def captions(self, name: str) -> dict[str, str]:
        """Caption files of an output by format, with their names."""
        place = PurePosixPath(name)
        stem = place.with_name(_stem(place.name))
        names = {kind: f"{stem}{suffix}" for kind, suffix in CAPTION_SUFFIXES.items()}
        return {kind: found for kind, found in names.items() if (self.root / found).is_file()}

    def keep(self, words: str, *, keep: bool) -> Entry:
        """Protect all files of a result from automatic cleaning, or no longer; a mark of its folder stays.

        Raises:
            ResourceNotFoundError: there is no such audio.
            DiskFullError: no room, or the disk is gone.
        """
        with self._changing:
            marker = _marker(self._audio(words))
            if keep:
                with disk_failures(marker.name):
                    marker.touch()
            else:
                marker.unlink(missing_ok=True)
        return self.record(words)[0]

    def resolved(self, words: str) -> str:
        """Name of the audio that a client names.

        Raises:
            ResourceNotFoundError: there is no such audio.
        """
        return self._audio(words).relative_to(self.root.resolve()).as_posix()

    def delete(self, words: str) -> str:
        """Delete one audio file, and with the last of its result what belongs to that; returns its name.

        Raises:
            ResourceNotFoundError: there is no such audio.
        """
        with self._changing:
            path = self._audio(words)
            stem = _stem(path.name)
            others = [other for other in self._result_audio(path.parent, stem) if other != path]
            belonging = (".json", ".settings.csv", KEEP_SUFFIX, *CAPTION_SUFFIXES.values())
            rest = () if others else tuple(path.with_name(f"{stem}{suffix}") for suffix in belonging)
            remove_files(path, rest)
            base = self.root.resolve()
            remove_empty_folders(base, path.parent)
        return path.relative_to(base).as_posix()

    def archive(self, names: Iterable[str]) -> list[tuple[str, Path]]:
        """Name and path of each of these files, for `zip_stream.zip_blocks`.

        Raises:
            ResourceNotFoundError: one of them does not exist.
        """
        base = self.root.resolve()
        paths = [self.find(name)[0] for name in dict.fromkeys(names)]
        return [(path.relative_to(base).as_posix(), path) for path in paths]

    def close(self) -> None:
        """Give the index up; the next look opens it again."""
        self._index.close()

    def _audio(self, words: str) -> Path:
        path = existing_file(self.root, words, "name")
        if path.suffix.lower() not in SUFFIXES:
            raise ResourceNotFoundError("There is no such file.", field="name")
        return path

    def _result_audio(self, folder: Path, stem: str) -> list[Path]:
        return [
            path
            for path in folder.iterdir()
            if path.suffix.lower() in SUFFIXES and _stem(path.name) == stem and not path.name.startswith(".")
        ]

    def _completed(self, entry: Entry) -> Entry:
        """With what the index does not know: the length, at first, and whether a clean-up passes it over."""
        path = spelled_on_disk(self.root, Path(entry.name))
        folders = [path.parents[above] for above in range(len(Path(entry.name).parts))]
        kept = _marker(path).exists() or any((folder / KEEP_SUFFIX).exists() for folder in folders)
        entry = replace(entry, details={**entry.details, "keep": kept})
        if entry.seconds is not None and entry.sample_rate is not None:
            return entry
        seconds, rate = measure_length(path) or (0.0, 0)
        self._index.measured(entry.name, entry.changed, seconds, rate)
        return replace(entry, seconds=seconds, sample_rate=rate)


def _marker(audio: Path) -> Path:
    """The file that protects the result of an audio file."""
    return audio.with_name(f"{_stem(audio.name)}{KEEP_SUFFIX}")


def _stem(file_name: str) -> str:
    """What all files of a result share."""
    return _PART.sub("", PurePosixPath(file_name).stem)


def _kind_of(stem: str) -> str:
    kind = stem.partition("_")[0]
    return kind if kind in ("tts", "vc", "concat") else "unknown"
