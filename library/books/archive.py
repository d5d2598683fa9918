"""Reads members of a ZIP archive of unknown origin, by name and within bounds; nothing is unpacked to the disk."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Final

from exceptions import InvalidRequestError

MOST_MEMBERS: Final = 10_000
MOST_BYTES: Final = 200_000_000
"""Unpacked, of all members that are read together."""
MOST_MEMBER_BYTES: Final = 40_000_000

FIELD: Final = "file"


class Archive:
    """An archive in memory.

    Raises:
        InvalidRequestError: no ZIP archive, or one with more than 10,000 members.
    """

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
            raise InvalidRequestError("The file is damaged, or is no such book.", field=FIELD) from error
        self._names = {info.filename: info for info in self._zip.infolist()}
        self._left = MOST_BYTES
        if len(self._names) > MOST_MEMBERS:
            raise InvalidRequestError(f"The book has more than {MOST_MEMBERS} files inside.", field=FIELD)

    def read(self, name: str) -> bytes | None:
        """The content of a member; ``None`` if there is none of that name.

        Raises:
            InvalidRequestError: damaged, encrypted, or larger than the bounds, whatever its header says.
        """
        info = self._names.get(name)
        if info is None or info.is_dir():
            return None
        most = min(MOST_MEMBER_BYTES, self._left)
        try:
            with self._zip.open(info) as stream:
                content = stream.read(most + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError) as error:
            raise InvalidRequestError(f"{_shown(name)} in the book cannot be read.", field=FIELD) from error
        if len(content) > most:
            raise InvalidRequestError(f"{_shown(name)} in the book is too large once it is unpacked.", field=FIELD)
        self._left -= len(content)
        return content

    def text(self, name: str) -> str | None:
        """A member as text: UTF-8, or UTF-16 with its mark."""
        content = self.read(name)
        if content is None:
            return None
        encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        return content.decode(encoding, "replace")


def _shown(name: str) -> str:
    return repr(name[-60:])
