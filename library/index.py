"""An SQLite index over the audio files below a folder, made right from the disk at every look.

The disk is the truth: the index may be deleted at any time. A folder is read again when its time of change says so, and
all of them once a minute, because a file that is written over in place does not change its folder.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from library.disk_folder import AudioOnDisk, FolderOnDisk, read_folder
from library.entries import Entry, Filter, Sidecars

FILE_NAME: Final = ".index.sqlite3"
THOROUGH_SECONDS: Final = 60.0
"""After so long every folder is read again."""

_VERSION: Final = 1
_YOUNG_NS: Final = 2_000_000_000
"""A folder changed so shortly before it was read may have changed again within the same tick of its clock."""

_TABLES: Final = """
CREATE TABLE folders (path TEXT PRIMARY KEY, changed INTEGER, read INTEGER) WITHOUT ROWID;
CREATE TABLE files (
    name TEXT PRIMARY KEY, folder TEXT NOT NULL, size INTEGER NOT NULL, changed INTEGER NOT NULL,
    sidecar_changed INTEGER NOT NULL, kind TEXT NOT NULL, words TEXT NOT NULL, tags TEXT NOT NULL,
    created REAL NOT NULL, details TEXT NOT NULL, seconds REAL, rate INTEGER
) WITHOUT ROWID;
CREATE INDEX files_folder ON files (folder);
CREATE INDEX files_created ON files (created DESC, name);
"""


class Index:
    """The index of one root; thread-safe.

    Args:
        root: need not exist.
        sidecars: of this library.
    """

    def __init__(self, root: Path, sidecars: Sidecars) -> None:
        self._root = root
        self._sidecars = sidecars
        self._lock = threading.RLock()
        self._database: sqlite3.Connection | None = None
        self._place = ""
        self._thorough = -THOROUGH_SECONDS

    def page(self, wanted: Filter, first: int, count: int, *, newest_first: bool) -> tuple[list[Entry], int]:
        """`count` entries from number `first` on, and how many there are in all."""
        where, values = _condition(wanted)
        order = "created DESC, name" if newest_first else "name"
        with self._fresh() as database:
            (total,) = database.execute(f"SELECT count(*) FROM files WHERE {where}", values).fetchone()  # noqa: S608
            rows = database.execute(
                f"SELECT * FROM files WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?",  # noqa: S608
                (*values, count, first),
            )
            return [_entry(row) for row in rows], total

    def select(self, wanted: Filter) -> list[Entry]:
        """All entries that are meant, by name."""
        where, values = _condition(wanted)
        with self._fresh() as database:
            rows = database.execute(f"SELECT * FROM files WHERE {where} ORDER BY name", values)  # noqa: S608
            return [_entry(row) for row in rows]

    def folders(self) -> dict[str, int]:
        """How many files each folder holds itself, the root as the empty name; empty folders too."""
        with self._fresh() as database:
            counts = dict(database.execute("SELECT folder, count(*) FROM files GROUP BY folder"))
            paths = [path for (path,) in database.execute("SELECT path FROM folders ORDER BY path")]
            return {path: counts.get(path, 0) for path in paths}

    def measured(self, name: str, changed: int, seconds: float, sample_rate: int) -> None:
        """Remember length and rate of a file as it was at the time `changed`."""
        with self._fresh(refresh=False) as database:
            database.execute(
                "UPDATE files SET seconds = ?, rate = ? WHERE name = ? AND changed = ?",
                (seconds, sample_rate, name, changed),
            )

    def close(self) -> None:
        """Give the database file up; the next look opens it again."""
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    @contextlib.contextmanager
    def _fresh(self, *, refresh: bool = True) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                database = self._open()
                if refresh:
                    self._refresh(database)
            except sqlite3.DatabaseError:
                database = self._rebuilt()
                self._refresh(database)
            with database:
                yield database

    def _open(self) -> sqlite3.Connection:
        writable = self._root.is_dir() and os.access(self._root, os.W_OK)
        place = str(self._root / FILE_NAME) if writable else ":memory:"
        if self._database is None or place != self._place:
            self.close()
            self._place = place
            self._database = sqlite3.connect(place, timeout=10.0, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = OFF")
            if self._database.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
                self._database.executescript(f"DROP TABLE IF EXISTS folders; DROP TABLE IF EXISTS files; {_TABLES}")
                self._database.execute(f"PRAGMA user_version = {_VERSION}")
        return self._database

    def _rebuilt(self) -> sqlite3.Connection:
        self.close()
        for suffix in ("", "-wal", "-shm"):
            (self._root / f"{FILE_NAME}{suffix}").unlink(missing_ok=True)
        self._thorough = -THOROUGH_SECONDS
        return self._open()

    def _refresh(self, database: sqlite3.Connection) -> None:
        thorough = time.monotonic() - self._thorough >= THOROUGH_SECONDS
        known = {path: (changed, read) for path, changed, read in database.execute("SELECT * FROM folders")}
        alive: set[str] = set()
        waiting = [""]
        with database:
            while waiting:
                path = waiting.pop()
                alive.add(path)
                read_at = time.time_ns()
                changed = _folder_changed(self._root / path)
                before, before_read = known.get(path, (None, 0))
                if not thorough and changed == before and before_read - changed > _YOUNG_NS:
                    waiting += [other for other in known if other and _parent(other) == path]
                    continue
                folder = read_folder(self._root, path, self._sidecars.sidecar_name)
                self._store(database, path, folder)
                waiting += folder.subfolders
                database.execute("INSERT OR REPLACE INTO folders VALUES (?, ?, ?)", (path, changed, read_at))
            for path in known.keys() - alive:
                database.execute("DELETE FROM files WHERE folder = ?", (path,))
                database.execute("DELETE FROM folders WHERE path = ?", (path,))
        if thorough:
            self._thorough = time.monotonic()

    def _store(self, database: sqlite3.Connection, path: str, folder: FolderOnDisk) -> None:
        known = {
            name: state
            for name, *state in database.execute(
                "SELECT name, size, changed, sidecar_changed FROM files WHERE folder = ?", (path,)
            )
        }
        for name in known.keys() - folder.files.keys():
            database.execute("DELETE FROM files WHERE name = ?", (name,))
        rows = [
            self._row(name, path, audio)
            for name, audio in folder.files.items()
            if known.get(name) != [audio.size, audio.changed, audio.sidecar_changed]
        ]
        database.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def _row(self, name: str, folder: str, audio: AudioOnDisk) -> tuple[Any, ...]:
        digest = self._sidecars.digest(name, audio.read_sidecar())
        words = "\n".join((name, *digest.words)).casefold()
        tags = "".join(f"\n{tag.casefold()}\n" for tag in digest.tags)
        created = audio.changed / 1e9 if digest.created is None else digest.created
        details = json.dumps(digest.details, ensure_ascii=False)
        return (
            *(name, folder, audio.size, audio.changed, audio.sidecar_changed, digest.kind, words, tags, created),
            *(details, digest.seconds, digest.sample_rate),
        )


def _condition(wanted: Filter) -> tuple[str, tuple[Any, ...]]:
    parts: list[str] = ["1"]
    values: list[Any] = []

    def add(part: str, *given: Any) -> None:
        parts.append(part)
        values.extend(given)

    if wanted.folder:
        add("(folder = ? OR substr(folder, 1, ?) = ?)", wanted.folder, len(wanted.folder) + 1, f"{wanted.folder}/")
    for word in wanted.search.casefold().split():
        add("instr(words, ?)", word)
    if wanted.kind:
        add("kind = ?", wanted.kind)
    if wanted.tag:
        add("instr(tags, ?)", f"\n{wanted.tag.casefold()}\n")
    if wanted.names is not None:
        add("name IN (SELECT value FROM json_each(?))", json.dumps(sorted(wanted.names)))
    return " AND ".join(parts), tuple(values)


def _entry(row: tuple[Any, ...]) -> Entry:
    name, folder, size, changed, _, kind, _, _, created, details, seconds, rate = row
    return Entry(name, folder, size, changed, kind, created, json.loads(details), seconds, rate)


def _folder_changed(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0


def _parent(path: str) -> str:
    return path.rpartition("/")[0]
