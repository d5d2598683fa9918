"""A folder of recordings that people brought: voices, or inputs of voice conversion."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from exceptions import ConflictError, InvalidRequestError, ResourceNotFoundError
from library.disk_folder import read_sidecar
from library.entries import Digest, Entry, Filter
from library.examiner import Examiner
from library.index import Index
from library.pairs import Pair, move_pair, remove_empty_folders, remove_files, save_pair, write_sidecar
from library.roots import existing_file, safe_relative, safe_segment, spelled_on_disk
from speech.audio.containers import SUFFIXES_BY_CONTAINER, measure_length
from speech.audio.decode import SUFFIXES
from speech.cancel import CancelToken
from speech.weights import file_sha256
from utils import utc_timestamp

SEARCHED = ("description", "text", "consent")


@dataclass(frozen=True)
class StoredRecording:
    """A recording and where it lies.

    Attributes:
        name: relative to the root, with ``/``; the name that clients use.
        path: absolute; never shown to clients.
    """

    name: str
    path: Path


@dataclass(frozen=True)
class NewRecording:
    """A recording to be taken in.

    Attributes:
        source: a file that nobody writes to any more; it is copied.
        name: file name it is to have; its suffix is replaced by that of its content.
        folder: below the root, empty for the root itself.
        about: what people say of it, kept in its sidecar.
        overwrite: replace a recording of that name.
    """

    source: Path
    name: str
    folder: str
    about: Mapping[str, Any]
    overwrite: bool = False


class RecordingStore:
    """Recordings below one folder, in sub-folders too; thread-safe.

    Args:
        root: of all recordings; need not exist.
        examiner: decodes what is taken in.
        longest: seconds a recording may last.
    """

    def __init__(self, root: Path, examiner: Examiner, longest: float) -> None:
        self.root = root
        self.longest = longest
        self._examiner = examiner
        self._index = Index(root, self)
        self._changing = threading.RLock()

    def sidecar_name(self, file_name: str) -> str:
        """Part of `entries.Sidecars`."""
        return f"{file_name}.json"

    def digest(self, name: str, sidecar: Mapping[str, Any]) -> Digest:
        """Part of `entries.Sidecars`."""
        tags, aliases = texts(sidecar.get("tags")), texts(sidecar.get("aliases"))
        seconds, rate = sidecar.get("duration_seconds"), sidecar.get("sample_rate")
        return Digest(
            words=(*(str(sidecar.get(key, "")) for key in SEARCHED), *tags, *aliases),
            tags=tuple(tags),
            seconds=float(seconds) if isinstance(seconds, (int, float)) else None,
            sample_rate=rate if isinstance(rate, int) else None,
            details=sidecar,
        )

    def find(self, words: str, field: str) -> StoredRecording:
        """The recording that a client names.

        The whole path comes first; its suffix may be left out. A file name without folder, or an alias, is also
        found if only one recording has it. Case does not count where nothing else differs.

        Raises:
            InvalidRequestError: no safe path, or several recordings have the name, which are listed.
            ResourceNotFoundError: there is none.
        """
        safe_relative(words, field)
        if words.lower().endswith(SUFFIXES):
            try:
                return self._stored(existing_file(self.root, words, field))
            except ResourceNotFoundError:
                pass
        entries = self._index.select(Filter(search=words)) if words else []
        wanted = _folded(words)
        by_path = [entry for entry in entries if _folded(str(PurePosixPath(entry.name).with_suffix(""))) == wanted]
        if by_path:
            best = min(by_path, key=lambda entry: SUFFIXES.index(PurePosixPath(entry.name).suffix.lower()))
            return self._stored(existing_file(self.root, best.name, field))
        found = sorted(entry.name for entry in entries if wanted in _short_names(entry))
        if not found:
            raise ResourceNotFoundError(f"There is no recording named {words[:80]!r}.", field=field)
        if len(found) > 1:
            raise InvalidRequestError(
                f"Several recordings are named {words[:80]!r}; say the folder too.",
                field=field,
                detail={"names": found[:20]},
            )
        return self._stored(existing_file(self.root, found[0], field))

    def entry(self, words: str, field: str = "name") -> Entry:
        """What is known of the recording that a client names; errors as of `find`."""
        return self._known(self.find(words, field).name)

    def page(self, wanted: Filter, page: int, page_size: int, *, newest_first: bool = False) -> tuple[list[Entry], int]:
        """Entries of one page, numbered from 1, and how many there are in all."""
        entries, total = self._index.page(wanted, (page - 1) * page_size, page_size, newest_first=newest_first)
        return [self._measured(entry) for entry in entries], total

    def select(self, wanted: Filter) -> list[Entry]:
        """All entries that are meant, by name."""
        return self._index.select(wanted)

    def folders(self) -> dict[str, int]:
        """How many recordings each folder holds itself; the root is the empty name."""
        return self._index.folders()

    def register(self, new: NewRecording, field: str, cancel: CancelToken | None = None) -> Entry:
        """Decode, measure and keep a recording; a file from any source becomes one by this alone.

        Args:
            new: what to take in.
            field: of the request that brought it, for errors.
            cancel: ends the decoding.

        Raises:
            InvalidRequestError: no safe name, or nothing that can be decoded in bounds.
            ConflictError: there is such a recording, and it is not to be replaced.
            DiskFullError: no room.
        """
        safe_segment(PurePosixPath(new.name).name, field)
        place = safe_relative(new.folder, "folder_path") / safe_segment(new.name, field)
        found = self._examiner.examine(new.source, self.longest, field, cancel)
        place = _with_suffix(place, SUFFIXES_BY_CONTAINER[found.container])
        now = utc_timestamp()
        content = {
            **new.about,
            "uploaded_date": now,
            "created_date": now,
            "format": place.suffix[1:].lower(),
            "duration_seconds": found.seconds,
            "sample_rate": found.sample_rate,
            "channels": found.channels,
            "content_sha256": file_sha256(new.source),
            "quality": found.quality,
        }
        with self._changing:
            pair = self._vacant(place, field, overwrite=new.overwrite)
            save_pair(pair, new.source, content)
        return self._known(self._stored(pair.audio).name)

    def edit(
        self, words: str, changes: Mapping[str, Any], *, name: str | None = None, folder: str | None = None
    ) -> Entry:
        """Change what is said of a recording, its file name (suffix apart) or its folder.

        Raises:
            ResourceNotFoundError: there is no such recording.
            ConflictError: the new name is taken.
        """
        with self._changing:
            old = self._pair(self.find(words, "name").path)
            content = {**read_sidecar(old.sidecar), **changes, "last_updated": utc_timestamp()}
            stem = old.audio.stem if name is None else safe_segment(name, "name")
            within = old.audio.parent.relative_to(self.root.resolve())
            place = (within if folder is None else safe_relative(folder, "folder_path")) / f"{stem}{old.audio.suffix}"
            safe_segment(place.name, "name")
            if place == old.audio.relative_to(self.root.resolve()):
                write_sidecar(old.sidecar, content)
                return self._known(self._stored(old.audio).name)
            new = self._vacant(place, "name", overwrite=False, besides=old.audio)
            move_pair(old, new, content)
            remove_empty_folders(self.root.resolve(), old.audio.parent)
            return self._known(self._stored(new.audio).name)

    def note(self, recording: StoredRecording, changes: Mapping[str, Any]) -> None:
        """Change what the service itself keeps about a recording; one that is gone is passed over."""
        with self._changing:
            pair = self._pair(recording.path)
            if pair.audio.exists():
                write_sidecar(pair.sidecar, {**read_sidecar(pair.sidecar), **changes})

    def resolved(self, words: str) -> str:
        """Name of the recording that a client names; errors as of `find`."""
        return self.find(words, "name").name

    def delete(self, words: str) -> str:
        """Delete a recording and its sidecar; returns its name.

        Raises:
            ResourceNotFoundError: there is no such recording.
        """
        with self._changing:
            found = self.find(words, "name")
            pair = self._pair(found.path)
            remove_files(pair.audio, (pair.sidecar,))
            remove_empty_folders(self.root.resolve(), pair.audio.parent)
        return found.name

    def close(self) -> None:
        """Give the index up; the next look opens it again."""
        self._index.close()

    def _known(self, name: str) -> Entry:
        found = self._index.select(Filter(names=(name,)))
        if not found:
            raise ResourceNotFoundError("There is no such file.", field="name")
        return self._measured(found[0])

    def _measured(self, entry: Entry) -> Entry:
        if entry.seconds is not None:
            return entry
        seconds, rate = measure_length(spelled_on_disk(self.root, Path(entry.name))) or (0.0, 0)
        self._index.measured(entry.name, entry.changed, seconds, rate)
        return replace(entry, seconds=seconds, sample_rate=rate)

    def _stored(self, path: Path) -> StoredRecording:
        if path.suffix.lower() not in SUFFIXES:
            raise ResourceNotFoundError("There is no such file.")
        name = unicodedata.normalize("NFC", path.relative_to(self.root.resolve()).as_posix())
        return StoredRecording(name, path)

    def _pair(self, audio: Path) -> Pair:
        return Pair(audio, audio.with_name(self.sidecar_name(audio.name)))

    def _vacant(self, place: Path, field: str, *, overwrite: bool, besides: Path | None = None) -> Pair:
        """Where a new file can be put; its folder is spelled as the disk has it."""
        self.root.mkdir(parents=True, exist_ok=True)
        base = self.root.resolve()
        folder = spelled_on_disk(base, place.parent)
        if not folder.resolve().is_relative_to(base) or (folder.exists() and not folder.is_dir()):
            raise ConflictError("There cannot be a folder of that name.", field="folder_path")
        taken = spelled_on_disk(folder, Path(place.name))
        if taken.exists() and taken != besides and not overwrite:
            shown = taken.relative_to(base).as_posix()
            raise ConflictError(f"There is {shown!r} already; choose another name, or replace it.", field=field)
        return self._pair(taken if overwrite and taken.is_file() else folder / place.name)


def texts(value: Any) -> list[str]:
    """The texts of a list in a sidecar, which people may have edited."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _short_names(entry: Entry) -> set[str]:
    path = PurePosixPath(entry.name)
    return {_folded(name) for name in (path.name, path.stem, *texts(entry.details.get("aliases")))}


def _with_suffix(place: Path, suffixes: tuple[str, ...]) -> Path:
    if place.suffix.lower() in suffixes:
        return place
    known = place.suffix.lower() in (*SUFFIXES, ".mp4", ".oga", ".weba", ".mka")
    return place.with_name(f"{place.stem if known else place.name}{suffixes[0]}")


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
