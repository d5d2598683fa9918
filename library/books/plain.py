"""Chapters of paragraphs by their headings: those of plain text and Markdown, and any others that were found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from library.books.book import Chapter
from library.books.rules import why_skipped

_HEADING: Final = re.compile(
    r"(?:chapter|part|book|volume|act|canto|letter|kapitel|teil|chapitre)\s+(?:[0-9]+|[ivxlcdm]+|[a-z]+(?:-[a-z]+)?)\b.{0,80}|"
    r"(?:prologue|epilogue|preface|introduction|foreword|afterword|interlude|prolog|epilog|vorwort|nachwort)\b.{0,60}|"
    r"[IVXLCDM]{1,7}\.?",
    re.IGNORECASE,
)
_ROMAN: Final = re.compile(r"[ivxlcdm]+\.?")
_MARKDOWN: Final = re.compile(r"(#{1,6})\s+(.+?)\s*#*")
_GUTENBERG: Final = re.compile(r"\*\*\* ?(START|END) OF (?:THE|THIS) PROJECT GUTENBERG EBOOK.*")
_LONGEST_HEADING: Final = 100


@dataclass(frozen=True)
class Heading:
    """A line that is one; level 1 is the highest."""

    line: int
    level: int
    title: str


def plain_chapters(text: str, title: str) -> list[Chapter]:
    """Chapters of a plain text; lines that stand alone and read like "Chapter 3" are headings.

    Project Gutenberg's notices before and after the book are left out.
    """
    lines = _book_only(text.splitlines())
    places = [number for number, line in enumerate(lines) if _stands_alone(lines, number) and _is_heading(line.strip())]
    return _cut(lines, places, title, [lines[place].strip() for place in places])


def markdown_chapters(text: str, title: str) -> list[Chapter]:
    """Chapters of Markdown: its headings of the highest level that occurs more than once, or the highest at all."""
    lines = text.splitlines()
    found = [(number, match) for number, line in enumerate(lines) if (match := _MARKDOWN.fullmatch(line.strip()))]
    return cut_at_headings(lines, [Heading(number, len(match[1]), match[2]) for number, match in found], title)


def cut_at_headings(lines: Sequence[str], headings: Sequence[Heading], title: str) -> list[Chapter]:
    """Chapters that begin at the headings of the highest level that occurs more than once, or the highest at all.

    Args:
        lines: of the text, headings among them.
        headings: in order.
        title: of a chapter without one.
    """
    count = Counter(heading.level for heading in headings)
    repeated = [level for level, times in count.items() if times > 1]
    level = min(repeated or count, default=0)
    chosen = [heading for heading in headings if heading.level == level]
    return _cut(lines, [heading.line for heading in chosen], title, [heading.title for heading in chosen])


def _book_only(lines: list[str]) -> list[str]:
    marks = {match[1]: number for number, line in enumerate(lines) if (match := _GUTENBERG.match(line.strip()))}
    return lines[marks.get("START", -1) + 1 : marks.get("END", len(lines))]


def _stands_alone(lines: Sequence[str], number: int) -> bool:
    before = number == 0 or not lines[number - 1].strip()
    after = number + 1 >= len(lines) or not lines[number + 1].strip()
    return before and after


def _is_heading(line: str) -> bool:
    if len(line) > _LONGEST_HEADING or _HEADING.fullmatch(line) is None:
        return False
    # A sentence may begin with "Part of"; "mix." is a word. Small Roman numerals are none here.
    return not line.endswith((",", ";")) and not _ROMAN.fullmatch(line)


def _cut(lines: Sequence[str], places: Sequence[int], title: str, names: Sequence[str]) -> list[Chapter]:
    chapters: list[Chapter] = []
    ends = [*places, len(lines)][1:]
    opening = "\n".join(lines[: places[0]] if places else lines).strip()
    if opening:
        chapters.append(Chapter(title, opening, "before the first chapter" if places else ""))
    for place, end, name in zip(places, ends, names, strict=True):
        text = "\n".join(lines[place:end]).strip()
        if len(text) > len(lines[place].strip()) or not chapters:
            chapters.append(Chapter(" ".join(name.split()), text, why_skipped(name)))
    return chapters
