"""Who speaks: paragraphs and markup that name a speaker get that speaker's voice."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_MARK: Final = re.compile(r"\[voice:([^\]\n]{1,100})\]")
_SPEAKER: Final = re.compile(r"^([^\s:\[\]][^:\n\[\]]{0,99}):[ \t]+(?=\S)", re.MULTILINE)


def apply_cast(text: str, cast: Mapping[str, str]) -> str:
    """The text with voice markup in the place of speakers.

    A paragraph that begins with ``NAME:`` loses its name and is spoken by that voice; ``[voice:NAME]`` becomes
    ``[voice:VOICE]``. Names are compared without case; others stay as they are.

    Args:
        text: of a chapter.
        cast: voices by speaker.
    """
    voices = {name.casefold().strip(): voice for name, voice in cast.items()}
    marked = _MARK.sub(lambda found: f"[voice:{voices.get(found[1].casefold().strip(), found[1])}]", text)
    return "\n\n".join(_paragraph(part, voices) for part in re.split(r"\n[ \t]*\n", marked))


def _paragraph(text: str, voices: Mapping[str, str]) -> str:
    found = _SPEAKER.match(text.lstrip("\n"))
    voice = voices.get(found[1].casefold().strip()) if found else None
    if found is None or voice is None:
        return text
    return f"[voice:{voice}]{text.lstrip(chr(10))[found.end() :]}[/voice]"
