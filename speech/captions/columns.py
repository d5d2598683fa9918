"""How wide a text is on the screen, and what a reader sees as one character or one word of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

OPENING: Final = "([{«‹“‘„‚「『（［｛【〈《〔¿¡"
"""Signs that belong to what follows them."""

_SOUTHEAST_ASIAN: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")  # Thai, Lao, Burmese, Khmer
_HANGUL: Final = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")


def plain_text(text: str) -> str:
    """`text` as one line that any file takes: no controls, no lone surrogates, single spaces, none at the edges."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    spaced = " ".join(whole.split())
    if spaced.isprintable():
        return spaced
    return "".join(character for character in spaced if unicodedata.category(character) != "Cc")


def columns(text: str) -> int:
    """Width of `text` in half-width columns: two for a Chinese or Japanese character, none for a combining mark."""
    return len(text) if text.isascii() else sum(map(_width, text))


def is_unspaced(character: str) -> bool:
    """Whether a character is a letter of a script that puts no spaces between words."""
    if _SOUTHEAST_ASIAN.match(character):
        return True
    wide = unicodedata.east_asian_width(character) in "WF" and unicodedata.category(character)[0] == "L"
    return wide and not _HANGUL.match(character)


def cut_to_width(text: str, limit: int) -> list[str]:
    """`text` in pieces of at most `limit` columns, at least 2; inside a character's cluster only if it is wider."""
    if columns(text) <= limit:
        return [text]
    pieces = [""]
    width = 0
    for cluster in _clusters(text):
        own = columns(cluster)
        if own > limit:
            for character in cluster:
                pieces, width = _appended(pieces, width, character, limit)
        else:
            pieces, width = _appended(pieces, width, cluster, limit)
    return pieces


def _appended(pieces: list[str], width: int, part: str, limit: int) -> tuple[list[str], int]:
    own = columns(part)
    if pieces[-1] and width + own > limit:
        return [*pieces, part], own
    return [*pieces[:-1], pieces[-1] + part], width + own


def _clusters(text: str) -> Iterator[str]:
    """What a reader sees as single characters (Unicode UAX #29, the common cases)."""
    cluster = ""
    for character in text:
        joins = unicodedata.category(character)[0] == "M" or character in "\u200c\u200d"
        if cluster and not (joins or cluster.endswith("\u200d") or "\U0001f3fb" <= character <= "\U0001f3ff"):
            yield cluster
            cluster = ""
        cluster += character
    if cluster:
        yield cluster


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
