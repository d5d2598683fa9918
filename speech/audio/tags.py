"""Tags of audio files: which there are, and text that every container keeps as it is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

TAG_NAMES: Final = ("title", "artist", "album", "track", "date", "comment", "engine")
"""What a file may carry: the artist is the voice, the engine what spoke, the track a number or ``3/12``."""

MAX_TAG_LENGTH: Final = 500

_LINE_ENDS: Final = re.compile("\r\n?|[\x85\u2028\u2029]")
_TRACK: Final = re.compile("[0-9]+(/[0-9]+)?")


def tag_text(text: str) -> str:
    """`text` as every container can hold it and give it back; may be empty.

    Line ends become line feeds and tabs spaces; other control characters and byte order marks go, lone
    surrogates become U+FFFD. White space at the edges goes, and what is left is cut to 500 characters.
    """
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    lines = _LINE_ENDS.sub("\n", whole).replace("\t", " ")
    return "".join(filter(_fits, lines)).strip()[:MAX_TAG_LENGTH].rstrip()


def checked_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags in the order of `TAG_NAMES`, each as `tag_text` makes it; those of which nothing remains are left out.

    Raises:
        ValueError: an unknown name, or a ``track`` that is no number.
    """
    unknown = sorted(set(tags) - set(TAG_NAMES))
    if unknown:
        raise ValueError(f"There is no tag named {', '.join(unknown)}.")
    texts = {name: tag_text(tags[name]) for name in TAG_NAMES if name in tags}
    if texts.get("track") and not _TRACK.fullmatch(texts["track"]):
        raise ValueError("The tag track must be a number, or a number and a count such as 3/12.")
    return {name: text for name, text in texts.items() if text}


def _fits(character: str) -> bool:
    if character == "\n":
        return True
    # Readers take U+FEFF for the start of a text; the noncharacters are signs of damage to them.
    noncharacter = ord(character) & 0xFFFE == 0xFFFE or "\ufdd0" <= character <= "\ufdef"
    return not (noncharacter or character == "\ufeff" or unicodedata.category(character) == "Cc")
