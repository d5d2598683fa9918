"""Splits HTML and XML into tags and text, in linear time whatever the markup is.

Books come from strangers: an XML parser would have to be kept from what a document type may declare, and the HTML
parser of the standard library needs quadratic time for some broken markup. Reading a book needs no tree.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

LONGEST_TAG: Final = 20_000
"""Characters; what is longer is no tag."""

_NAME: Final = re.compile(r"/?\s*([A-Za-z][^\s/>]*)")
_ATTRIBUTE: Final = re.compile(r"""([^\s=/"'<>]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""")


@dataclass(frozen=True)
class Tag:
    """A tag; name and attribute names in small letters, without the prefix of their namespace.

    Attributes:
        name: of the element.
        attributes: values with character references resolved.
        opens: an element begins here.
        closes: an element ends here; both for an empty one.
    """

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    opens: bool = True
    closes: bool = False


Token: TypeAlias = Tag | str


def tokens(markup: str) -> Iterator[Token]:
    """Tags and the text between them, in order; comments, declarations and processing instructions are left out."""
    position = 0
    while position < len(markup):
        begin = markup.find("<", position)
        if begin != position:
            yield html.unescape(markup[position : begin if begin >= 0 else len(markup)])
        if begin < 0:
            return
        if markup.startswith("<![CDATA[", begin):
            end = _after(markup, "]]>", begin)
            yield markup[begin + 9 : end].removesuffix("]]>")
        elif markup.startswith("<!--", begin):
            end = _after(markup, "-->", begin + 4)
        elif markup.startswith(("<!", "<?"), begin):
            end = _after_declaration(markup, begin)
        else:
            end = _after(markup, ">", begin, LONGEST_TAG)
            tag = _tag(markup[begin + 1 : end].removesuffix(">"))
            if tag is not None:
                yield tag
        position = end


def _after(markup: str, ending: str, begin: int, longest: int | None = None) -> int:
    """The place behind the next `ending`; without one, everything up to the end belongs to it."""
    limit = len(markup) if longest is None else min(len(markup), begin + longest)
    found = markup.find(ending, begin, limit)
    return limit if found < 0 else found + len(ending)


def _after_declaration(markup: str, begin: int) -> int:
    end = _after(markup, ">", begin)
    # A document type may have declarations of its own in brackets.
    return _after(markup, "]>", begin) if "[" in markup[begin : min(end, begin + LONGEST_TAG)] else end


def _tag(body: str) -> Tag | None:
    found = _NAME.match(body)
    if found is None:
        return None
    name = found[1].lower().rpartition(":")[2]
    if body.startswith("/"):
        return Tag(name, opens=False, closes=True)
    attributes = {
        _local(key): html.unescape(double or single or bare)
        for key, double, single, bare in _ATTRIBUTE.findall(body, found.end())
    }
    return Tag(name, attributes, closes=body.endswith("/"))


def _local(name: str) -> str:
    prefix, _, local = name.lower().rpartition(":")
    # type and epub:type are different things.
    return f"{prefix}:{local}" if prefix == "epub" else local
