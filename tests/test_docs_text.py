"""docs/text.md lists every rule of the spoken form with the examples that the rules are tested by."""

from __future__ import annotations

from pathlib import Path

from speech.text.spoken import RULES

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


def test_every_rule_has_an_example() -> None:
    assert [rule.name for rule in RULES if not rule.examples and not rule.british] == []


def test_the_table_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0] == table()


if __name__ == "__main__":
    head, begin, rest = PAGE.read_text("utf-8").partition(BEGIN)
    PAGE.write_text(head + begin + table() + END + rest.partition(END)[2], "utf-8")
