"""Turns a client's words into paths below a root, and refuses everything else."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from exceptions import InvalidRequestError, ResourceNotFoundError

MAX_SEGMENT_BYTES = 200
MAX_DEPTH = 8
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\/]')
_UNSEEN = ("Cs", "Cf", "Co", "Cn")
"""Unicode categories of signs that cannot be seen or mean nothing everywhere."""
_DEVICES = re.compile(r"(?i)^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?$")


def safe_segment(segment: str, field: str) -> str:
    """One folder or file name that is the same on Linux, macOS and Windows, in NFC.

    Raises:
        InvalidRequestError: empty, ``.``, ``..``, too long, a device name, or has a character that some
            system forbids.
    """
    name = unicodedata.normalize("NFC", segment)
    if not is_safe_segment(name):
        raise InvalidRequestError(f"{segment[:60]!r} cannot be used as a file or folder name.", field=field)
    return name


def is_safe_segment(name: str) -> bool:
    """Whether a name in NFC can be used on every system; see `safe_segment`."""
    return not (
        not name
        or name != name.strip()
        or name[0] == "."
        or name[-1] == "."
        or _FORBIDDEN.search(name) is not None
        or _DEVICES.match(name) is not None
        or len(name.encode("utf-8", "surrogatepass")) > MAX_SEGMENT_BYTES
        or (not name.isascii() and any(unicodedata.category(sign) in _UNSEEN for sign in name))
    )


def safe_relative(words: str, field: str) -> Path:
    """A relative path of safe segments; the empty string is the root itself.

    Raises:
        InvalidRequestError: absolute, too deep, or with an unsafe segment.
    """
    if not words:
        return Path()
    segments = words.split("/")
    if len(segments) > MAX_DEPTH:
        raise InvalidRequestError(f"Folders may be at most {MAX_DEPTH} deep.", field=field)
    return Path(*(safe_segment(segment, field) for segment in segments))


def spelled_on_disk(root: Path, relative: Path) -> Path:
    """The path below `root` with each segment spelled as the folder has it.

    A segment that is not there as it is written may be there composed otherwise (NFD) or in other case; what is not
    there in any spelling stays as it is written.
    """
    path = root
    for segment in relative.parts:
        path = path / (segment if (path / segment).exists() else _other_spelling(path, segment))
    return path


def existing_file(root: Path, words: str, field: str) -> Path:
    """The file that `words` name below `root`.

    Raises:
        ResourceNotFoundError: no such file, or a symbolic link leads out of the root; the two look the same
            to the client.
        InvalidRequestError: `words` are no safe path.
    """
    base = root.resolve()
    path = spelled_on_disk(base, safe_relative(words, field)).resolve()
    if not path.is_file() or not path.is_relative_to(base):
        raise ResourceNotFoundError("There is no such file.", field=field)
    return path


def _other_spelling(folder: Path, segment: str) -> str:
    try:
        names = [entry.name for entry in folder.iterdir()]
    except OSError:
        return segment
    wanted = _folded(segment)
    return min((name for name in names if _folded(name) == wanted), default=segment)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
