"""What all listings and deletions of the library take: pages, filters, confirmation."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from fastapi import Depends, Query

from api_models.library import DeletionResponse, FolderInfo, FoldersResponse
from exceptions import InvalidRequestError, ResourceNotFoundError
from library.entries import Entry, Filter
from library.roots import safe_relative


@dataclass(frozen=True)
class Paging:
    """Which page of a list."""

    page: Annotated[int, Query(ge=1, description="From 1.")] = 1
    page_size: Annotated[int, Query(ge=1, le=100, description="Entries on a page.")] = 50

    def facts(self, count: int, total: int) -> dict[str, Any]:
        """The paging fields of a reply."""
        pages = -(-total // self.page_size)
        return {
            "count": count,
            "total": total,
            "page": self.page,
            "page_size": self.page_size,
            "total_pages": pages,
            "has_next": self.page < pages,
            "has_previous": self.page > 1,
        }


def _filter(
    folder: Annotated[str, Query(max_length=1000, description="Only this folder and those in it.")] = "",
    project: Annotated[str, Query(max_length=1000, description="Alias of `folder`.")] = "",
    search: Annotated[str, Query(max_length=200, description="Words in path, description, tags or text.")] = "",
    tag: Annotated[str, Query(max_length=60, description="Only with this tag.")] = "",
    generation_type: Annotated[str, Query(max_length=30, description="Only outputs of this type.")] = "",
    filenames: Annotated[
        list[str] | None, Query(description="Only these paths; repeat it, or separate them by commas.")
    ] = None,
) -> Filter:
    if folder and project and folder != project:
        raise InvalidRequestError("folder and its alias project contradict each other.", field="folder")
    place = safe_relative((folder or project).strip("/"), "folder").as_posix()
    names = None if filenames is None else frozenset(_names(filenames))
    return Filter("" if place == "." else place, search, generation_type, tag, names)


def _names(values: Sequence[str]) -> list[str]:
    # A name may hold a comma itself, so whole values count as well as their parts.
    return [name for value in values for name in {value, *map(str.strip, value.split(","))} if name]


@dataclass(frozen=True)
class Deletion:
    """How a deletion was asked for."""

    confirm: Annotated[bool, Query(description="Must be true, unless `dry_run` is.")] = False
    dry_run: Annotated[bool, Query(description="Only tell what would be deleted.")] = False
    all: Annotated[bool, Query(description="Must be true to delete without any filter.")] = False

    def check(self) -> None:
        """Refuse what was not confirmed."""
        if not (self.confirm or self.dry_run):
            raise InvalidRequestError("Deleting needs confirm=true.", field="confirm")

    def check_many(self, wanted: Filter) -> None:
        """Refuse what was not confirmed, or would delete everything unasked."""
        self.check()
        if wanted.selects_all and not self.all:
            raise InvalidRequestError("Deleting everything needs all=true; give a filter otherwise.", field="all")


Pages = Annotated[Paging, Depends()]
Wanted = Annotated[Filter, Depends(_filter)]
Deleting = Annotated[Deletion, Depends()]


class Deletable(Protocol):
    """A store whose entries can be deleted."""

    def select(self, wanted: Filter) -> list[Entry]:
        """All entries that are meant, by name."""
        ...

    def resolved(self, words: str) -> str:
        """Name of the entry that a client names; raises ``ResourceNotFoundError`` if there is none."""
        ...

    def delete(self, words: str) -> str:
        """Delete one entry and return its name; raises ``ResourceNotFoundError`` if there is none."""
        ...


def delete_one(store: Deletable, words: str, *, dry_run: bool) -> DeletionResponse:
    """Delete one entry, or tell which it would be."""
    return _deleted([store.resolved(words) if dry_run else store.delete(words)], dry_run=dry_run)


def delete_many(store: Deletable, wanted: Filter, *, dry_run: bool) -> DeletionResponse:
    """Delete all entries that are meant, or tell which these are; what went meanwhile is passed over."""
    names = [entry.name for entry in store.select(wanted)]
    if dry_run:
        return _deleted(names, dry_run=True)
    gone = []
    for name in names:
        with contextlib.suppress(ResourceNotFoundError):
            gone.append(store.delete(name))
    return _deleted(gone, dry_run=False)


def _deleted(names: list[str], *, dry_run: bool) -> DeletionResponse:
    what = "1 file" if len(names) == 1 else f"{len(names)} files"
    message = f"{what} would be deleted." if dry_run else f"{what} deleted."
    return DeletionResponse(message=message, deleted_files=names, deleted_count=len(names), dry_run=dry_run)


def folders_response(counts: dict[str, int]) -> FoldersResponse:
    """The reply that lists folders."""
    counts = {"": 0, **counts}
    folders = [
        FolderInfo(
            path=path,
            file_count=count,
            subfolders=[other for other in counts if other and other.rpartition("/")[0] == path],
        )
        for path, count in sorted(counts.items())
    ]
    return FoldersResponse(folders=folders, total_folders=len(folders), total_files=sum(counts.values()))
