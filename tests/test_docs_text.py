"""docs/text.md shows what the rules do: every row of its tables is true, and no rule is left out."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from speech.text.dot_letters import fix_dot_letters
from speech.text.emoji import treat_emoji
from speech.text.lower import lower_case
from speech.text.markdown import strip_markdown
from speech.text.markup import parse_markup
from speech.text.pronunciations import apply_pronunciations
from speech.text.references import remove_references
from speech.text.sound_words import apply_sound_words, parse_sound_words
from speech.text.spacing import normalize_spacing
from speech.text.spoken.order import RULES

PAGE = Path(__file__).parents[1] / "docs" / "text.md"
BEGIN, END = "<!-- rules -->\n", "<!-- end of rules -->"


def table() -> str:
    """What belongs between the marks; run this file to write it there."""
    rows = ["| rule | written | spoken |", "|---|---|---|"]
    for rule in RULES:
        examples = [(written, spoken, "") for written, spoken in rule.examples]
        examples += [(written, spoken, " (en-GB)") for written, spoken in rule.british]
        for written, spoken, note in examples:
            rows.append(f"| {rule.name} | `{written}` | {spoken}{note} |")
    return "\n".join(rows) + "\n"


def segments(text: str) -> str:
    """The segments, pauses and faults of a text, as the table of the markup shows them."""
    marked = parse_markup(text, ("laugh",))
    parts: list[str] = []
    for segment in marked.segments:
        parts.append(f"{segment.voice}: {segment.text}" if segment.voice else segment.text)
        parts += [f"{segment.pause_after_ms} ms"] if segment.pause_after_ms is not None else []
    return " / ".join([*parts, *marked.faults]).strip()


CHECKS: dict[str, Callable[..., str]] = {
    "markdown": strip_markdown,
    "sound words": lambda rules, text: apply_sound_words(text, parse_sound_words(rules)),
    "emoji": treat_emoji,
    "references": remove_references,
    "dot letters": fix_dot_letters,
    "spacing": normalize_spacing,
    "markup": segments,
    "pronunciations": lambda word, pronunciation, text: apply_pronunciations(text, {word: pronunciation}),
    "lower case": lower_case,
}
"""What makes the last column of a table of examples out of the others."""


def examples() -> list[tuple[str, list[str]]]:
    """The rows of the tables of examples, with the name of their table."""
    tables = re.findall(
        r"<!-- examples: ([\w ]+) -->\n.*\n.*\n((?:\|.*\n)+)<!-- end of examples -->", PAGE.read_text("utf-8")
    )
    return [(name, cells(row)) for name, rows in tables for row in rows.splitlines()]


def cells(row: str) -> list[str]:
    """What stands between the ticks of each cell; a line break is written as \\n, a bar as \\|."""
    columns = re.split(r"(?<!\\)\|", row)[1:-1]
    bare = [re.sub(r"^(`+)( ?)(.*)\2\1$", r"\3", column.strip()) for column in columns]
    return [cell.replace("\\n", "\n").replace("\\|", "|") for cell in bare]


def test_every_rule_has_an_example() -> None:
    assert [rule.name for rule in RULES if not rule.examples and not rule.british] == []


def test_the_table_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0] == table()


def test_every_table_of_examples_is_there() -> None:
    assert {name for name, _ in examples()} == set(CHECKS)


@pytest.mark.parametrize(("name", "row"), [pytest.param(*row, id=f"{row[0]}: {row[1][0]!r}") for row in examples()])
def test_every_example_is_true(name: str, row: list[str]) -> None:
    assert CHECKS[name](*row[:-1]) == row[-1]


if __name__ == "__main__":
    head, begin, rest = PAGE.read_text("utf-8").partition(BEGIN)
    PAGE.write_text(head + begin + table() + END + rest.partition(END)[2], "utf-8")
