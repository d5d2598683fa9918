"""The documentation names every command and flag, and the commands that the README shows exist."""

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.cli import build_parser

REPOSITORY = Path(__file__).parents[1]
LAUNCHER_PAGE = REPOSITORY / "docs" / "launcher.md"
PAGES = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
SHELL_BLOCK = re.compile(r"^```(?:sh|bash|shell|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def sub_commands() -> dict[str, argparse.ArgumentParser]:
    for action in build_parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    raise AssertionError("the parser has no sub-commands")


def flags_of(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        yield from action.option_strings
        if isinstance(action, argparse._SubParsersAction):
            for own in action.choices.values():
                yield from flags_of(own)


def flags() -> Iterator[tuple[str, str]]:
    for command, parser in sub_commands().items():
        for flag in sorted(set(flags_of(parser)) - {"-h", "--help"}):
            yield command, flag


def section(page: str, command: str) -> str:
    found = re.search(rf"^## `{command}\b.*?(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    return found[0] if found else ""


def start_lines(page: Path) -> list[str]:
    """Command lines of start.py in the page's shell blocks."""
    lines = []
    for block in SHELL_BLOCK.findall(page.read_text(encoding="utf-8").replace("\\\n", " ")):
        lines += [line.removeprefix("$ ") for line in block.splitlines() if "start.py" in line.partition("#")[0]]
    return lines


@pytest.mark.parametrize("command", sub_commands())
def test_every_command_has_a_section(command: str) -> None:
    assert section(LAUNCHER_PAGE.read_text(encoding="utf-8"), command)


@pytest.mark.parametrize(("command", "flag"), list(flags()))
def test_every_flag_is_in_its_commands_section(command: str, flag: str) -> None:
    text = section(LAUNCHER_PAGE.read_text(encoding="utf-8"), command)
    assert re.search(rf"`[^`]*(?<![\w-]){re.escape(flag)}(?![\w-])[^`]*`", text)


@pytest.mark.parametrize("document", PAGES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_commands_shown_are_valid(document: Path) -> None:
    for line in start_lines(document):
        words = shlex.split(line.partition("&&")[0], comments=True)
        arguments = words[words.index("start.py") + 1 :]
        if arguments[:1] == ["test"]:
            continue  # what follows is pytest's
        build_parser().parse_args(arguments or ["serve"])


def test_readme_shows_how_to_start_and_test() -> None:
    lines = [" ".join(shlex.split(line, comments=True)) for line in start_lines(REPOSITORY / "README.md")]
    assert "python3 start.py" in lines
    assert "python3 start.py test" in lines


@pytest.mark.parametrize("document", PAGES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_links_between_pages_lead_somewhere(document: Path) -> None:
    text = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    missing = [
        target for target in targets if target and "://" not in target and not (document.parent / target).exists()
    ]
    assert missing == []
