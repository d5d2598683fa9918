"""docs/checks.md names every check once, with tests that exist."""

import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
ROWS = re.findall(r"^\| (\d+) \|(.*)$", (REPOSITORY / "docs" / "checks.md").read_text("utf-8"), re.MULTILINE)
LAST = 46


def test_every_check_has_its_row() -> None:
    assert [int(number) for number, _ in ROWS] == list(range(1, LAST + 1))


def test_the_tests_it_names_exist() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", " ".join(row for _, row in ROWS))
    assert len(named) > LAST
    for path, name in named:
        assert f"def {name}(" in (REPOSITORY / path).read_text("utf-8") if name else (REPOSITORY / path).is_file(), name
