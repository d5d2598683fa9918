"""Tables as plain HTML with everything escaped; in a narrow window each row becomes a block of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape


def table_html(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with a header."""
    titles = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    body = "".join(f"<tr>{_cells(head, row)}</tr>" for row in rows)
    return f'<div class="sheet"><table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>'


def facts_html(facts: Mapping[str, str]) -> str:
    """Names and what there is to say about each."""
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in facts.items()
    )
    return f'<div class="sheet"><table><tbody>{body}</tbody></table></div>'


def _cells(head: Sequence[str], row: Sequence[str]) -> str:
    return "".join(
        f'<td data-label="{escape(title)}">{escape(cell)}</td>' for title, cell in zip(head, row, strict=True)
    )
