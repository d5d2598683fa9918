"""Takes the signs of Markdown and simple HTML out of a text and leaves its words."""

from __future__ import annotations

from collections.abc import Collection

from speech.text.kept import Kept
from speech.text.markdown.blocks import definitions, to_blocks, without_comments, without_fences
from speech.text.markdown.inline import plain_inline
from speech.text.markup import MARKUP
from speech.text.phrases import Phrases
from speech.text.references import remove_references


def strip_markdown(text: str, literals: Collection[str] = ()) -> str:
    r"""Return `text` as it would look printed, as plain text.

    - A heading is a paragraph of its own, as is each row of a table on a line of its own with its cells
      between commas. Rulers between parts are paragraph breaks.
    - Items of a list and rows of a table stay on lines of their own; an item loses its bullet, a number
      stays. Where such a line ends without punctuation it gets a full stop, or it would run on into the next.
    - Links and images leave their text; addresses in angle brackets stay; marks and comments go.
    - Code keeps its text, which nothing else is done to. Marks of quotes and fences go.
    - Emphasis goes only where its signs pair as Markdown wants it: not in snake_case, 2*3*4 or "5 * 3".
    - Simple HTML tags go (<br> and the like as a line break, <p> and the like as a paragraph break), entities
      and backslash escapes become what they stand for.

    Our own markup in square brackets stays. No letter or digit of the text itself is lost: only the target of
    a link, HTML comments and tags, and marks of footnotes go. Not idempotent where one pass uncovers new
    signs: behind backslashes, in code and in entities (``\\*``, ``&amp;lt;``).

    Args:
        text: any text; blank lines separate paragraphs.
        literals: words and phrases that stay as they are, e.g. ``*sigh*`` where a rule looks for it later.

    Example:
        >>> strip_markdown("# News\nRead **this** [page](http://x.org).")
        'News\n\nRead this page.'
    """
    kept = Kept()
    text = kept.hide(MARKUP, kept.start(text))
    if literals:
        text = _without_literals(text, literals, kept)
    text = without_comments(without_fences(text, kept))
    labels, text = definitions(text)
    out: list[str] = []
    for block in to_blocks(text):
        plain = kept.restore(plain_inline(block.text, labels, kept))
        out += [block.gap if out else "", _ended(plain) if block.item else plain]
    return "".join(out)


def _without_literals(text: str, literals: Collection[str], kept: Kept) -> str:
    out: list[str] = []
    position = 0
    for start, end, _ in Phrases(literals).find(text):
        out += [text[position:start], kept.token(text[start:end])]
        position = end
    return "".join(out) + text[position:]


def _ended(text: str) -> str:
    bare = text.rstrip()
    # Marks, references and emoji at the end may go later, and what they stand behind is the end then.
    spoken = remove_references(MARKUP.sub("", bare))
    for character in reversed(spoken):
        if character.isalnum():
            return bare + "."
        if character in ".!?…,;:。！？，；：、—–-":
            break
    return text
