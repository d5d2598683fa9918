"""Simple HTML inside Markdown."""

from __future__ import annotations

import html
import re
from html.entities import html5
from typing import Final

_ATTRIBUTES: Final = r"(?:\s{1,9}[\w:-]{1,50}\s{0,9}=\s{0,9}(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>=]{1,500})){0,20}"
_INLINE: Final = (
    "abbr|a|bdi|bdo|big|b|cite|code|data|del|dfn|em|font|ins|i|kbd|label|mark|q|samp|small|span|strike|strong|sub|sup|s"
    "|time|tt|u|var|wbr"
)
_LINES: Final = "br|dd|dt|li|tr|summary|caption|figcaption"
_PARAGRAPHS: Final = (
    "address|article|aside|blockquote|center|details|div|dl|figure|footer|h[1-6]|header|hr|main|nav|ol|pre|p|section"
    "|table|tbody|tfoot|thead|ul"
)
_TAG: Final = re.compile(
    rf"</?(?:(?P<inline>{_INLINE})|(?P<line>{_LINES})|(?P<paragraph>{_PARAGRAPHS})|(?P<cell>td|th))"
    rf"(?![\w-]){_ATTRIBUTES}\s{{0,9}}/?>",
    re.IGNORECASE,
)
_IMAGE: Final = re.compile(rf"<img(?![\w-])({_ATTRIBUTES})\s{{0,9}}/?>", re.IGNORECASE)
_ALT: Final = re.compile(r"\salt\s{0,9}=\s{0,9}(?:\"([^\"]*)\"|'([^']*)'|(\S+))", re.IGNORECASE)
_RAISED: Final = re.compile(r"<(sup|sub)>([0-9+-]{1,9})</\1>", re.IGNORECASE)
_SUPERSCRIPTS: Final = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")


def without_tags(text: str) -> str:
    r"""Return `text` without common HTML tags, with breaks where they make one; other tags stay.

    Raised and lowered digits become Unicode's, or they would run into the word before.

    Example:
        >>> without_tags("a <b>bold</b> m<sup>2</sup><br>next <name>")
        'a bold m²\nnext <name>'
    """
    if "<" not in text:
        return text
    text = _RAISED.sub(lambda match: match[2].translate(_SUPERSCRIPTS) if match[1].lower() == "sup" else match[2], text)
    text = _IMAGE.sub(_alternative, text)
    return _TAG.sub(_tag, text)


def decode_entities(text: str) -> str:
    """Return `text` with its HTML entities as the characters they stand for; unknown ones stay.

    Example:
        >>> decode_entities("R&amp;D &#39;x&#39; &nope;")
        "R&D 'x' &nope;"
    """
    return _ENTITY.sub(_entity, text) if "&" in text else text


def _alternative(match: re.Match[str]) -> str:
    alt = _ALT.search(match[1])
    return (alt[1] or alt[2] or alt[3] or "") if alt else ""


def _tag(match: re.Match[str]) -> str:
    if match["inline"]:
        return ""
    if match["cell"]:
        return " "
    return "\n" if match["line"] else "\n\n"


def _entity(match: re.Match[str]) -> str:
    name = match.group()[1:]
    decoded = html.unescape(match.group()) if name[0] == "#" else html5.get(name, match.group())
    return " " if decoded.isspace() else decoded
