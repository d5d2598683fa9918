"""Our own markup in square brackets: pauses, changes of voice and sounds such as laughter."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Final

from speech.text.gaps import apply_edits

PARALINGUISTIC_TAGS: Final = (
    "laugh",
    "chuckle",
    "giggle",
    "sigh",
    "gasp",
    "cough",
    "clear throat",
    "sniff",
    "groan",
    "shush",
    "yawn",
    "breath",
    "whisper",
    "whispering",
    "crying",
    "angry",
    "happy",
    "fear",
    "surprised",
    "sarcastic",
    "dramatic",
    "narration",
    "advertisement",
)
"""Sounds and manners that some engine makes; Chatterbox Turbo's tokenizer knows all but giggle, yawn, breath and
whisper. An engine says itself which of them it makes."""

MAX_PAUSE_MS: Final = 30_000
MAX_VOICE_NAME: Final = 200

_LONGEST_VALUE: Final = 400
_GAP: Final = " {0,9}"
_TAG_NAMES: Final = "|".join(tag.replace(" ", " {1,9}") for tag in sorted(PARALINGUISTIC_TAGS, reverse=True))
MARKUP: Final = re.compile(
    rf"(?<!\\)\[(?=[ /a-z]){_GAP}(?:(?P<pause>pause{_GAP}:[^\[\]\n]{{0,{_LONGEST_VALUE}}})"
    rf"|(?P<voice>voice{_GAP}:[^\]\n]{{0,{_LONGEST_VALUE}}}|voice{_GAP}|/{_GAP}voice{_GAP})"
    rf"|(?P<tag>{_TAG_NAMES}){_GAP})\]",
    re.IGNORECASE,
)
"""A mark, well formed or not; a backslash before it makes it plain text."""

_BRACKETED: Final = re.compile(r"(?<!\\)\[([^\[\]\n]{1,80})\]")
_LENGTH: Final = re.compile(r"(-?)([0-9]{1,9}(?:[.,][0-9]{1,9})?|[.,][0-9]{1,9}) *(ms|s|)", re.IGNORECASE)
_BLANK_LINE: Final = re.compile(r"\n[^\S\n]*\n")
_CLOSING: Final = re.compile(r"[,.;:!?…)\]}\"'”’»，。；：！？、）」』]+(?=\s|$)|[，。；：！？、）」』]+")


@dataclass(frozen=True)
class Segment:
    """A stretch of text in one voice.

    Attributes:
        text: stripped, with known tags inline; empty only for a pause before any text.
        voice: name of the voice; None for the voice of the request.
        pause_after_ms: pause that the markup asks for behind it, 0 to 30,000; None where it says nothing.
        ends_paragraph: whether a blank line, or the end of the text, stands behind it.
    """

    text: str
    voice: str | None = None
    pause_after_ms: int | None = None
    ends_paragraph: bool = False


@dataclass(frozen=True)
class MarkedText:
    """What the markup of a text says.

    Attributes:
        segments: in order.
        ignored_tags: names of tags that the engine does not know, once each; they were taken out.
        faults: a sentence for each mark that cannot be understood; it stays in the text.
    """

    segments: tuple[Segment, ...]
    ignored_tags: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def parse_markup(text: str, known_tags: Collection[str]) -> MarkedText:
    r"""Cut `text` where it asks for a pause or another voice.

    - ``[pause:1.5s]``, ``[pause:500ms]``, ``[pause:2]`` (seconds), 0 to 30 s; several in a row add up to 30 s
      at most.
    - ``[voice:anna]`` until the next such mark; ``[voice]``, ``[/voice]`` and ``[voice:]`` go back to the voice
      of the request.
    - ``[laugh]`` and the other `PARALINGUISTIC_TAGS`: those in `known_tags` stay, in lower case.

    Case and spaces in a mark do not count; other text in brackets stays text. No letter or digit outside
    of markup is lost. A sign such as a full stop behind a mark stays with the text before it.

    Args:
        text: as `speech.text.prepare.prepare_text` gives it.
        known_tags: names of the tags that the engine makes, without brackets.

    Example:
        >>> [(s.text, s.pause_after_ms) for s in parse_markup("One.[pause:1s]\n\nTwo.", ()).segments]
        [('One.', 1000), ('Two.', None)]
    """
    known = {_name(tag) for tag in known_tags}
    text, ignored = _settle_tags(text, known)
    builder = _Builder()
    position = 0
    for match in MARKUP.finditer(text):
        if match["tag"] or not builder.understands(match):
            continue
        builder.add(text[position : match.start()])
        builder.mark(match)
        position = match.end()
    builder.add(text[position:])
    return MarkedText(builder.segments(), ignored, tuple(dict.fromkeys(builder.faults)))


def strip_tags(text: str, known_tags: Collection[str]) -> str:
    """Return `text` without the tags in `known_tags`, as it is checked and shown in captions.

    Example:
        >>> strip_tags("Well [laugh], no.", ("laugh",))
        'Well, no.'
    """
    if not known_tags:
        return text
    return apply_edits(text, [(start, end, "") for start, end, _ in _tags(text, {_name(tag) for tag in known_tags})])


def split_tags(text: str, known_tags: Collection[str]) -> list[str]:
    """Cut `text` at the tags in `known_tags`; the parts joined are `text`.

    Returns:
        Text and tags (with brackets) in turn, text first and last; it may be empty, a tag is not.

    Example:
        >>> split_tags("Well [laugh] no.", ("laugh",))
        ['Well ', '[laugh]', ' no.']
    """
    parts: list[str] = []
    position = 0
    for start, end, _ in _tags(text, {_name(tag) for tag in known_tags}):
        parts += [text[position:start], text[start:end]]
        position = end
    return [*parts, text[position:]]


class _Builder:
    """Segments while they come in."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self._voice: str | None = None
        self._done: list[Segment] = []

    def understands(self, mark: re.Match[str]) -> bool:
        """Whether the mark is well formed; notes a fault if not."""
        fault = _pause_fault(mark) if mark["pause"] else _voice_fault(mark)
        if fault:
            self.faults.append(fault)
        return not fault

    def add(self, text: str) -> None:
        """Text that stands before the next mark."""
        rest = text.lstrip()
        if self._done:
            self._paragraph(text[: len(text) - len(rest)])
            rest = self._closing(rest)
        if rest:
            self._done.append(Segment(rest.rstrip(), self._voice))
            self._paragraph(rest[len(rest.rstrip()) :])

    def mark(self, mark: re.Match[str]) -> None:
        """A well-formed pause or change of voice."""
        if mark["voice"]:
            self._voice = _value(mark) or None
            return
        if not self._done:
            self._done.append(Segment("", self._voice))
        pause = (self._done[-1].pause_after_ms or 0) + _milliseconds(_value(mark))
        self._done[-1] = replace(self._done[-1], pause_after_ms=min(pause, MAX_PAUSE_MS))

    def segments(self) -> tuple[Segment, ...]:
        if self._done:
            self._done[-1] = replace(self._done[-1], ends_paragraph=True)
        return tuple(self._done)

    def _paragraph(self, space: str) -> None:
        if _BLANK_LINE.search(space):
            self._done[-1] = replace(self._done[-1], ends_paragraph=True)

    def _closing(self, rest: str) -> str:
        """Give what cannot be spoken alone to the segment before; returns what remains."""
        before = self._done[-1].text
        closing = _CLOSING.match(rest)
        if not before or not closing:
            if not before or any(character.isalnum() for character in rest):
                return rest
            end, joint = len(rest.rstrip()), " "
        else:
            end, joint = closing.end(), ""
        if end:
            self._done[-1] = replace(self._done[-1], text=before + joint + rest[:end])
        remaining = rest[end:].lstrip()
        self._paragraph(rest[end : len(rest) - len(remaining)])
        return remaining


def _settle_tags(text: str, known: set[str]) -> tuple[str, tuple[str, ...]]:
    """The text with known tags in one form and the others taken out, whose names come with it."""
    ignored: dict[str, None] = {}
    edits = []
    for start, end, name in _tags(text, known | set(PARALINGUISTIC_TAGS)):
        if name not in known:
            ignored[name] = None
        edits.append((start, end, f"[{name}]" if name in known else ""))
    return apply_edits(text, edits), tuple(ignored)


def _tags(text: str, names: set[str]) -> Iterator[tuple[int, int, str]]:
    for match in _BRACKETED.finditer(text):
        name = _name(match[1])
        if name in names:
            yield *match.span(), name


def _name(tag: str) -> str:
    return " ".join(tag.lower().split())


def _value(mark: re.Match[str]) -> str:
    return mark.group()[1:-1].partition(":")[2].strip()


def _milliseconds(value: str) -> int:
    length = _LENGTH.fullmatch(value)
    if not length:
        raise ValueError(f"{value!r} is no length of time.")
    return round(float(length[2].replace(",", ".")) * (1 if length[3].lower() == "ms" else 1000))


def _pause_fault(mark: re.Match[str]) -> str:
    length = _LENGTH.fullmatch(_value(mark))
    if not length:
        return f"The pause {_shown(mark)} has no length such as 1.5s or 500ms."
    if length[1]:
        return f"The pause {_shown(mark)} is negative."
    if _milliseconds(_value(mark)) > MAX_PAUSE_MS:
        return f"The pause {_shown(mark)} is over {MAX_PAUSE_MS // 1000} seconds long."
    return ""


def _voice_fault(mark: re.Match[str]) -> str:
    if len(_value(mark)) > MAX_VOICE_NAME:
        return f"The voice name in {_shown(mark)} is over {MAX_VOICE_NAME} characters long."
    return ""


def _shown(mark: re.Match[str]) -> str:
    fragment = mark.group()
    return fragment if len(fragment) <= 60 else fragment[:60] + "…"
