"""Uploaded text files: which are read, in which encoding, and what their results are named after."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from exceptions import InvalidRequestError, UnsupportedMediaError
from library.roots import safe_segment

TextKind: TypeAlias = Literal["text", "markdown"]

KINDS: Final[dict[str, TextKind]] = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
}
"""Kind by suffix in lower case."""

GUESSED_ENCODING: Final = "cp1252 (guessed)"
"""What a file is read as that names no encoding and is no UTF-8: nearly always right for West European text."""

MAX_STEM_CHARACTERS: Final = 60
MAX_STEM_BYTES: Final = 120
"""In UTF-8, so that time, seed and suffix still fit into a file name behind a stem of wide characters."""

_FIELD: Final = "files"
_NAMELESS: Final = "text"
_MOST_CONTROLS: Final = 0.02
_CONTROLS: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_BYTES_PER_CHARACTER: Final = 4
# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class TextFile:
    """A text file as it was understood.

    Attributes:
        stem: safe part of a file name, made of the file's own.
        text: its content, without a byte order mark.
        kind: whether its marks are Markdown.
        encoding: Python's name of its encoding, or `GUESSED_ENCODING`.
    """

    stem: str
    text: str
    kind: TextKind
    encoding: str


def read_text_file(name: str, data: bytes, most: int) -> TextFile:
    """Understand an uploaded file.

    Args:
        name: as the client named it; folders in it are left out.
        data: its bytes.
        most: greatest number of characters.

    Raises:
        UnsupportedMediaError: not one of the suffixes in `KINDS`.
        InvalidRequestError: empty, too long, not a text, or not in the encoding its mark announces.
    """
    own = re.split(r"[/\\]", name)[-1]
    stem, dot, suffix = own.rpartition(".")
    kind = KINDS.get((dot + suffix).lower())
    shown = repr(own[:60])
    if kind is None:
        raise UnsupportedMediaError(
            f"{shown} is not read as text; files ending in {', '.join(KINDS)} are.", field=_FIELD
        )
    if len(data) > _BYTES_PER_CHARACTER * (most + 1):
        raise InvalidRequestError(f"{shown} is too long; at most {most} characters are allowed.", field=_FIELD)
    text, encoding = _decoded(data, shown)
    if not text.strip():
        raise InvalidRequestError(f"{shown} is empty.", field=_FIELD)
    if len(text) > most:
        raise InvalidRequestError(f"{shown} has {len(text)} characters; at most {most} are allowed.", field=_FIELD)
    if _is_binary(text):
        raise _not_text(shown)
    return TextFile(safe_stem(stem), text, kind, encoding)


def join_texts(files: Iterable[TextFile]) -> str:
    """The texts in the given order with one blank line between them."""
    return "\n\n".join(file.text.strip("\r\n") for file in files)


def joined_stem(files: Iterable[TextFile]) -> str:
    """A name for the files together: their stems joined by ``_``, cut like each of them."""
    return safe_stem("_".join(file.stem for file in files))


def safe_stem(name: str) -> str:
    """Part of a file name that every system takes, made of `name`; never empty.

    Letters and digits of any script stay with their marks, and so do ``_`` and ``-``; each run of other characters
    becomes one ``_``. None of them stands at an edge. At most 60 characters and 120 bytes in UTF-8.
    """
    plain = "".join(
        character if character == "-" or unicodedata.category(character)[0] in "LMN" else "_"
        for character in unicodedata.normalize("NFC", name)
    )
    stem = re.sub("_+", "_", plain).strip("_-")[:MAX_STEM_CHARACTERS]
    stem = stem.encode()[:MAX_STEM_BYTES].decode(errors="ignore").strip("_-") or _NAMELESS
    try:
        return safe_segment(stem, _FIELD)
    except InvalidRequestError:  # a name that Windows keeps for a device
        return f"{stem}_{_NAMELESS}"


def _decoded(data: bytes, shown: str) -> tuple[str, str]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding), encoding
            except UnicodeDecodeError as error:
                raise InvalidRequestError(
                    f"{shown} begins like {encoding.upper().removesuffix('-SIG')} but goes on otherwise.", field=_FIELD
                ) from error
    for encoding in ("utf-8", "cp1252"):
        try:
            return data.decode(encoding), encoding if encoding == "utf-8" else GUESSED_ENCODING
        except UnicodeDecodeError:
            continue
    raise _not_text(shown)


def _is_binary(text: str) -> bool:
    return "\0" in text or len(_CONTROLS.findall(text)) > _MOST_CONTROLS * len(text)


def _not_text(shown: str) -> InvalidRequestError:
    return InvalidRequestError(f"{shown} holds something other than text.", field=_FIELD)
