"""The lines of Markdown: what is a heading, a list, a table, a quote or code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from speech.text.kept import Kept

_FENCE: Final = re.compile(r"[ \t]{0,9}(`{3,}|~{3,})([^`\n]*)$")
_HEADING: Final = re.compile(r"[ \t]{0,9}#{1,6}(?:[ \t]+|$)")
_RULE: Final = re.compile(r"(?:[-*_][ \t]*){3,}|={2,}|-{2,}")
_QUOTE: Final = re.compile(r"[ \t]{0,9}>(?=[\s>\"“‘'*_#`\[(\ufdd0-]|[^\W\d_]|$)[ \t]?")
_BULLET: Final = re.compile(r"[ \t]*[-*+][ \t]+(?:\[[ xX]\][ \t]+)?(?=\S)")
_NUMBERED: Final = re.compile(r"[ \t]*\d{1,9}[.)][ \t]+(?:\[[ xX]\][ \t]+)?(?=\S)")
_TABLE_RULE: Final = re.compile(r"\|?:?-+:?(?:\|:?-+:?)*\|?")
_CELL_BORDER: Final = re.compile(r"(?<!\\)\|")
_DEFINITION: Final = re.compile(
    r"[ \t]{0,3}\[([^\[\]\n]{1,200})\]:[ \t]*(?:<[^<>\n]*>|(?:[a-z][a-z0-9+.-]{0,20}:|/|#|\./|\.\./|www\.)\S*)"
    r"(?:[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'|\([^()\n]*\)))?[ \t]*",
    re.IGNORECASE,
)
_NOTE: Final = re.compile(r"[ \t]{0,3}\[\^[^\[\]\s]{1,50}\]:[ \t]*")


@dataclass
class Block:
    """Text in which signs of emphasis may pair.

    Attributes:
        lines: one or more, without the signs that made them a block.
        gap: what separates it from the block before, a line break or a blank line.
        item: whether it is an item of a list or a row of a table.
    """

    lines: list[str]
    gap: str
    item: bool = False

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)


def without_fences(text: str, kept: Kept) -> str:
    """Return `text` with the lines that fence code taken out and the code itself hidden in `kept`."""
    lines = text.split("\n")
    fences = [(number, match) for number, line in enumerate(lines) if (match := _FENCE.match(line))]
    closing = _closing_fences(fences)
    out: list[str] = []
    number = 0
    while number < len(lines):
        end = closing.get(number)
        if end is None:
            out.append(lines[number])
            number += 1
            continue
        code = "\n".join(lines[number + 1 : end])
        out += ["", *([kept.token(code)] if code else []), ""]
        number = end + 1
    return "\n".join(out)


def _closing_fences(fences: list[tuple[int, re.Match[str]]]) -> dict[int, int]:
    """The line that closes the fence of a line, for the fences that are closed."""
    closing: dict[int, int] = {}
    hopeless: dict[str, int] = {}
    index = 0
    while index < len(fences):
        line, opening = fences[index]
        sign, length = opening[1][0], len(opening[1])
        index += 1
        if length >= hopeless.get(sign, length + 1):
            continue
        for other in range(index, len(fences)):
            end, match = fences[other]
            if match[1][0] == sign and len(match[1]) >= length and not match[2].strip():
                closing[line], index = end, other + 1
                break
        else:
            hopeless[sign] = length
    return closing


def without_comments(text: str) -> str:
    """Return `text` without its HTML comments; one that is never closed stays."""
    out: list[str] = []
    position = 0
    while (start := text.find("<!--", position)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        out.append(text[position:start])
        position = end + 3
    return "".join(out) + text[position:]


def definitions(text: str) -> tuple[frozenset[str], str]:
    """Return the labels of links that `text` defines, in lower case, and the text without those lines."""
    if "]:" not in text:
        return frozenset(), text
    labels: set[str] = set()
    lines: list[str] = []
    for line in text.split("\n"):
        match = _DEFINITION.fullmatch(line)
        if match and not match[1].startswith("^"):
            labels.add(" ".join(match[1].lower().split()))
        else:
            lines.append(line)
    return frozenset(labels), "\n".join(lines)


def to_blocks(text: str) -> list[Block]:
    """Cut `text` into blocks and take the signs at the beginning of lines away."""
    return _Blocks(text.split("\n")).found


class _Blocks:
    """Goes through the lines and gathers blocks."""

    def __init__(self, lines: list[str]) -> None:
        self.found: list[Block] = []
        self._gap = ""
        self._open = False  # whether the next line goes on with the last block
        unquoted = [_unquoted(line) for line in lines]
        tables = _table_lines(unquoted)
        for number, line in enumerate(unquoted):
            if number in tables:
                self._row(line)
            else:
                self._line(line)

    def _row(self, line: str) -> None:
        if _is_table_rule(line):
            return
        cells = [cell.strip().replace("\\|", "|") for cell in _CELL_BORDER.split(line)]
        self._start(", ".join(filter(None, cells)), "\n", item=True)
        self._open = False

    def _line(self, line: str) -> None:
        if not line.strip() or _RULE.fullmatch(line.strip()):
            self._break()
        elif heading := _HEADING.match(line):
            self._break()
            self._start(_without_closing_marks(line[heading.end() :]), "\n\n")
            self._break()
        elif bullet := _bullets(line):
            self._start(line[bullet:], "\n", item=True)
        elif _NUMBERED.match(line):
            self._start(line, "\n", item=True)
        else:
            self._text(line[note.end() :] if (note := _NOTE.match(line)) else line)

    def _text(self, line: str) -> None:
        if self._open:
            self.found[-1].lines.append(line)
        else:
            self._start(line, "\n")

    def _start(self, text: str, gap: str, item: bool = False) -> None:
        self.found.append(Block([text], self._gap or gap, item))
        self._gap = ""
        self._open = True

    def _break(self) -> None:
        self._gap = "\n\n"
        self._open = False


def _unquoted(line: str) -> str:
    position = 0
    while match := _QUOTE.match(line, position):
        position = match.end()
    return line[position:]


def _bullets(line: str) -> int:
    """How much of the line is bullets: "- - a" is a list in a list."""
    position = 0
    while match := _BULLET.match(line, position):
        position = match.end()
    return position


def _without_closing_marks(heading: str) -> str:
    bare = heading.rstrip()
    unmarked = bare.rstrip("#")
    return unmarked.rstrip() if not unmarked or unmarked[-1] in " \t" else bare


def _table_lines(lines: list[str]) -> frozenset[int]:
    """Numbers of the lines of tables: a header, the ruler under it, and the rows below."""
    found: set[int] = set()
    for number in range(1, len(lines)):
        if number in found or "|" not in lines[number - 1] or not _is_table_rule(lines[number]):
            continue
        found |= {number - 1, number}
        found |= set(_rows(lines, number + 1))
    return frozenset(found)


def _is_table_rule(line: str) -> bool:
    return "|" in line and _TABLE_RULE.fullmatch("".join(line.split())) is not None


def _rows(lines: list[str], start: int) -> Iterator[int]:
    number = start
    while number < len(lines) and "|" in lines[number]:
        yield number
        number += 1
