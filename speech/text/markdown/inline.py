"""Markdown inside a paragraph: code, links, marks, escapes, tags and emphasis."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from typing import Final

from speech.text.kept import Kept
from speech.text.markdown.emphasis import without_emphasis
from speech.text.markdown.html import decode_entities, without_tags

_TICKS_OR_ESCAPE: Final = re.compile(r"\\([!-/:-@\[-`{-~])|`+")
_AUTOLINK: Final = re.compile(
    r"<((?:[a-z][a-z0-9+.-]{1,31}:|(?:mailto:)?[\w.+%-]{1,64}@)[^\s<>]{1,2000})>", re.IGNORECASE
)
_TITLE: Final = r"(?:\s{1,9}(?:\"[^\"]{0,500}\"|'[^']{0,500}'|\([^()]{0,500}\)))?"
_TARGET: Final = rf"\(\s{{0,9}}(?:<[^<>\n]{{0,2000}}>|[^\s()<>]*(?:\([^\s()]*\)[^\s()]*){{0,20}}){_TITLE}\s{{0,9}}\)"
_LINK: Final = re.compile(rf"!?\[([^\[\]]*)\](?:{_TARGET}|\[([^\[\]\n]{{0,200}})\])")
_SHORTCUT: Final = re.compile(r"!?\[([^\[\]\n]{1,200})\](?![\[(:])")
_NOTE_MARK: Final = re.compile(r" ?\[\^[^\[\]\s]{1,50}\]")
_NESTING: Final = 3


def plain_inline(text: str, labels: frozenset[str], kept: Kept) -> str:
    """Return the words of one block.

    Args:
        text: one block of lines.
        labels: labels of links that the document defines, in lower case.
        kept: where code and escaped signs are hidden; its tokens are in the result.

    Example:
        >>> plain_inline("see [*this*](x)", frozenset(), Kept())
        'see this'
    """
    text = _hide_literals(text, kept)
    text = _AUTOLINK.sub(lambda match: kept.token(match[1].removeprefix("mailto:")), text)
    text = _NOTE_MARK.sub("", text)
    text = _without_links(text, labels)
    text = without_tags(text)
    return decode_entities(without_emphasis(text))


def _hide_literals(text: str, kept: Kept) -> str:
    """Hide the text of code, and signs behind a backslash; the ticks and backslashes go."""
    found = list(_TICKS_OR_ESCAPE.finditer(text))
    ticks: defaultdict[int, deque[int]] = defaultdict(deque)
    for match in found:
        if not match[1]:
            ticks[len(match.group())].append(match.start())
    out: list[str] = []
    position = 0
    for match in found:
        if match.start() < position:
            continue
        out.append(text[position : match.start()])
        position = match.end()
        if match[1]:
            out.append(kept.token(match[1]))
            continue
        length = position - match.start()
        waiting = ticks[length]
        while waiting and waiting[0] < position:
            waiting.popleft()
        if waiting:
            out.append(kept.token(_code(text[position : waiting[0]])))
            position = waiting[0] + length
        else:
            out.append(match.group())
    return "".join(out) + text[position:]


def _code(text: str) -> str:
    """One space on either side only keeps ticks apart."""
    padded = text.startswith(" ") and text.endswith(" ") and text.strip()
    return text[1:-1] if padded else text


def _without_links(text: str, labels: frozenset[str]) -> str:
    def link(match: re.Match[str]) -> str:
        label = match[2]
        if label is None:
            return match[1]
        return match[1] if _normal(label or match[1]) in labels else match.group()

    def shortcut(match: re.Match[str]) -> str:
        return match[1] if _normal(match[1]) in labels else match.group()

    # A picture may be the text of a link.
    for _ in range(_NESTING if "[" in text else 0):
        changed = _LINK.sub(link, text)
        if changed == text:
            break
        text = changed
    return _SHORTCUT.sub(shortcut, text) if labels else text


def _normal(label: str) -> str:
    return " ".join(label.lower().split())
