"""What import-linter cannot see: single modules at the top."""

import ast
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
FORBIDDEN = {
    "core_engine.py": {"main_api", "application", "api", "ui", "Chatter", "fastapi", "starlette", "gradio", "uvicorn"},
    "config.py": {"main_api", "application", "core_engine", "api", "ui", "library", "fastapi", "gradio"},
    "exceptions.py": {
        "main_api",
        "application",
        "core_engine",
        "api",
        "ui",
        "speech",
        "library",
        "fastapi",
        "pydantic",
    },
    "job_cli.py": {"main_api", "application", "core_engine", "core", "api", "ui", "jobs", "speech"},
    "cli.py": {"main_api", "application", "api", "ui", "fastapi", "gradio"},
}


def imported(source: str) -> set[str]:
    """Top names of everything that a source imports, inside functions too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("module", FORBIDDEN)
def test_top_modules_do_not_look_up(module: str) -> None:
    source = (REPOSITORY / module).read_text(encoding="utf-8")
    assert imported(source) & FORBIDDEN[module] == set()
