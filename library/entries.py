"""What is known of the audio files of a library, and which of them a caller means."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Digest:
    """What of a sidecar is kept in the index.

    Attributes:
        kind: by which lists may be filtered.
        words: that a search looks through.
        tags: by which lists may be filtered.
        created: seconds since 1970; ``None`` for the file's own time.
        seconds: of audio, if known.
        sample_rate: in Hz, if known.
        details: JSON-able, as listings show them.
    """

    kind: str = ""
    words: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    created: float | None = None
    seconds: float | None = None
    sample_rate: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """An audio file of a library.

    Attributes:
        name: relative to the root, with ``/``.
        folder: its part before the last ``/``, empty for the root.
        size_bytes: on disk.
        changed: nanoseconds since 1970.
        kind: see `Digest`.
        created: seconds since 1970.
        details: see `Digest`.
        seconds: of audio; ``None`` where it was not measured yet.
        sample_rate: in Hz; ``None`` like `seconds`.
    """

    name: str
    folder: str
    size_bytes: int
    changed: int
    kind: str
    created: float
    details: Mapping[str, Any]
    seconds: float | None
    sample_rate: int | None


@dataclass(frozen=True)
class Filter:
    """Which entries are meant; without anything, all.

    Attributes:
        folder: they lie in it or in a sub-folder of it.
        search: each of its words is in name, folder or what else the library searches; case does not count.
        kind: their kind.
        tag: one of their tags.
        names: they are among these.
    """

    folder: str = ""
    search: str = ""
    kind: str = ""
    tag: str = ""
    names: Collection[str] | None = None

    @property
    def selects_all(self) -> bool:
        """Whether nothing is asked for."""
        return self == Filter()


class Sidecars(Protocol):
    """Where a library keeps what it knows of its files."""

    def sidecar_name(self, file_name: str) -> str:
        """File name of the sidecar beside an audio file."""
        ...

    def digest(self, name: str, sidecar: Mapping[str, Any]) -> Digest:
        """What to index of a sidecar; an empty one stands for none."""
        ...
