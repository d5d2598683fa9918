"""Cuts a text into the pieces an engine speaks one by one, without losing any of it."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from speech.text.clean import clean
from speech.text.sentences import SentenceSplitter, SentencexSplitter

Measure: TypeAlias = Callable[[str], int]
_Span: TypeAlias = tuple[int, int]

_WRAPPED_LINE: Final = 50
"""A line at least this long was wrapped by its editor; a shorter one was ended by its author."""

CLAUSE_MARKS: Final = (
    # Long runs of signs are seen from their end only, or each would be looked through from every sign of it.
    re.compile(r"[;:…]{1,9}[\"'”’)\]]{0,9}\s|—{1,9}\s?|\s(?:–|--?)\s|[；：…]|[.!?]{1,9}[\"'”’)\]]{0,9}\s"),
    re.compile(r"[,)\]][\"'”’]{0,9}\s|[、，،؛]"),
    re.compile(r"\s(?=(?:and|but|or|nor|because|which|while|who|when|where|that|if|so|until|than)\s)"),
    # A gap beside a number or after a dot may belong inside "3 million", "7:45 p.m." or "Dr. Smith".
    re.compile(r"(?<=[^\W\d_])\s(?=[^\W\d_])"),
    re.compile(r"\s"),
)
_MARK_REACH: Final = (0.7, 0.7, 0.5, 0.5, 0.9)
"""How far from the even cut each kind of mark is looked for, as a share of the even piece's length."""

# Thai and Lao vowels that are written beside their consonant, in a text without spaces.
_VOWELS_BEFORE: Final = frozenset("\u0e40\u0e41\u0e42\u0e43\u0e44\u0ec0\u0ec1\u0ec2\u0ec3\u0ec4")
_VOWELS_BEHIND: Final = frozenset("\u0e30\u0e32\u0e33\u0e45\u0e46\u0eb0\u0eb2\u0eb3\u0ec6")

_HARD_CUT_REACH: Final = 32
_MAY_FIT: Final = 1.3
"""A part that is reckoned at so many times the limit may prove to be within it."""
_LONGEST_FLAG_RUN: Final = 2000


@dataclass(frozen=True)
class Piece:
    """A part of the text that is spoken in one go.

    Attributes:
        text: stripped, never empty, without line breaks.
        ends: what ends where the piece ends; tells how long to pause after it.
    """

    text: str
    ends: Literal["clause", "sentence", "paragraph"]


def split_chunks(
    text: str,
    *,
    language: str,
    limit: int,
    minimum: int = 20,
    measure: Measure = len,
    splitter: SentenceSplitter | None = None,
    batch: bool = False,
) -> list[Piece]:
    """Cut `text` into pieces, one sentence each where that is possible.

    A sentence of fewer than `minimum` characters joins the next one of its paragraph, else the previous one;
    with `batch`, each piece takes as many sentences of its paragraph as fit, whatever their length.
    A sentence over the limit is cut into parts of similar size at ; : — and the like, else at commas, else
    between words, else between characters (inside a grapheme cluster only if the cluster
    itself is over the limit or longer than a real one). The pieces joined equal ``clean(text)`` but for
    white space.

    Args:
        text: as the user wrote it; `clean` is applied.
        language: BCP 47 tag.
        limit: greatest ``measure(piece.text)``, at least 1. Only a single character that measures more can
            exceed it.
        minimum: characters below which a sentence is joined to a neighbour; 0 leaves every sentence alone.
        measure: size of a piece, e.g. the length of its spoken form; need not be additive.
        splitter: finds sentences; sentencex by default.
        batch: join sentences up to the limit.

    Raises:
        ValueError: `limit` is below 1.
    """
    if limit < 1:
        raise ValueError("The chunk limit must be at least 1.")
    sentences = splitter or SentencexSplitter()
    pieces: list[Piece] = []
    for paragraph in clean(text).split("\n\n"):
        if not paragraph:
            continue
        line, spans = _sentence_spans(paragraph, language, sentences)
        groups = _join_all(line, spans, limit, measure) if batch else _join_short(line, spans, limit, minimum, measure)
        for start, end in groups:
            parts = [line[a:b] for a, b in _split_long(line, start, end, limit, measure)]
            pieces += [Piece(part, "clause") for part in parts[:-1]]
            pieces.append(Piece(parts[-1], "paragraph" if (start, end) == groups[-1] else "sentence"))
    return pieces


def _sentence_spans(paragraph: str, language: str, splitter: SentenceSplitter) -> tuple[str, list[_Span]]:
    """The paragraph as one line, and where its sentences are in it (stripped)."""
    blocks = list(_authored_lines(paragraph))
    line = " ".join(blocks)
    spans: list[_Span] = []
    offset = 0
    for block in blocks:
        position = offset
        for sentence in splitter.split(block, language):
            start, end = _strip(line, position, position + len(sentence))
            if start < end:
                spans.append((start, end))
            position += len(sentence)
        offset += len(block) + 1
    return line, spans


def _authored_lines(paragraph: str) -> Iterator[str]:
    """Lines that their author ended (headings, list items), wrapped lines put together."""
    held: list[str] = []
    for line in paragraph.split("\n"):
        if held and _author_ended(held[-1], line):
            yield " ".join(held)
            held = []
        held.append(line)
    yield " ".join(held)


def _author_ended(line: str, following: str) -> bool:
    if following[:1] in "-*•–—" or re.match(r"\d{1,3}[.)]\s", following):
        return True
    return len(line) < _WRAPPED_LINE and line[-1] not in ",;-–—" and not following[0].islower()


def _strip(text: str, start: int, end: int) -> _Span:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def _join_short(line: str, spans: list[_Span], limit: int, minimum: int, measure: Measure) -> list[_Span]:
    """Sentences shorter than `minimum` put to the next, else to the previous one, within the limit."""

    def fits(start: int, end: int) -> bool:
        return measure(line[start:end]) <= limit

    forward: list[_Span] = []
    for start, end in spans:
        if forward and forward[-1][1] - forward[-1][0] < minimum and fits(forward[-1][0], end):
            forward[-1] = (forward[-1][0], end)
        else:
            forward.append((start, end))
    joined: list[_Span] = []
    for start, end in forward:
        if joined and end - start < minimum and fits(joined[-1][0], end):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _join_all(line: str, spans: list[_Span], limit: int, measure: Measure) -> list[_Span]:
    """Sentences joined from the first on, as many each time as fit; one that is too long stays alone."""
    joined: list[_Span] = []
    first = 0
    while first < len(spans):
        start = spans[first][0]
        fitting, step = first, 1
        # Doubling, then halving steps: a sentence may be two characters and its measure costly.
        while fitting + step < len(spans) and measure(line[start : spans[fitting + step][1]]) <= limit:
            fitting += step
            step *= 2
        while step > 1:
            step //= 2
            if fitting + step < len(spans) and measure(line[start : spans[fitting + step][1]]) <= limit:
                fitting += step
        joined.append((start, spans[fitting][1]))
        first = fitting + 1
    return joined


def _split_long(text: str, start: int, end: int, limit: int, measure: Measure) -> list[_Span]:
    """Cut until every part is within the limit; an explicit stack, as texts may be long.

    Measuring is costly, so a part has the share of its length in the measure of the whole until it may fit.
    """
    done: list[_Span] = []
    todo = [(start, end, 0.0)]
    while todo:
        start, end, size = todo.pop()
        start, end = _strip(text, start, end)
        if start == end:
            continue
        if size <= _MAY_FIT * limit:
            size = measure(text[start:end])
        if size <= limit or end - start == 1:
            done.append((start, end))
            continue
        cut = _best_cut(text, start, end, math.ceil(size / limit))
        share = (cut - start) / (end - start)
        todo += [(cut, end, size * (1 - share)), (start, cut, size * share)]
    return done


def _best_cut(text: str, start: int, end: int, parts: int) -> int:
    """Where to cut in two, so that `parts` parts of even length can come of it."""
    parts = min(parts, end - start)
    even = (end - start) / parts
    ideal = start + even * (parts // 2)
    for marks, share in zip(CLAUSE_MARKS, _MARK_REACH, strict=True):
        low = max(start + 1, int(ideal - even * share))
        high = min(end - 1, int(ideal + even * share) + 1)
        # One character of context on either side, so that a mark across the edge is seen.
        found = [m.end() for m in marks.finditer(text, low - 1, high + 1) if low <= m.end() <= high]
        if found:
            return min(found, key=lambda cut: abs(cut - ideal))
    return _hard_cut(text, start, end, round(ideal))


def _hard_cut(text: str, start: int, end: int, ideal: int) -> int:
    ideal = min(max(ideal, start + 1), end - 1)
    for distance in range(_HARD_CUT_REACH):
        for cut in (ideal - distance, ideal + distance):
            if start < cut < end and not _inside_cluster(text, cut):
                return cut
    return ideal


def _inside_cluster(text: str, cut: int) -> bool:
    """Whether a reader sees the characters around `cut` as one (Unicode UAX #29, the common cases)."""
    before, after = text[cut - 1], text[cut]
    if unicodedata.category(after)[0] == "M" or after in "\u200c\u200d" or before == "\u200d":
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\u1160" <= after <= "\u11ff":
        return True
    if before in _VOWELS_BEFORE or after in _VOWELS_BEHIND:
        return True
    return _is_flag_letter(before) and _is_flag_letter(after) and _flag_letters_before(text, cut) % 2 == 1


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_letters_before(text: str, cut: int) -> int:
    count = 0
    while count < min(cut, _LONGEST_FLAG_RUN) and _is_flag_letter(text[cut - 1 - count]):
        count += 1
    return count
