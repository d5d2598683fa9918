"""The `test` command: the linters and then pytest, each step named, or pytest alone with given arguments."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from launcher.console import Console
from launcher.inside import run
from launcher.sets import REPOSITORY

# Read by the browser tests; without the service's prefix, because it is no setting of the service.
CHROMIUM_VARIABLE = "CHROMIUM_PATH"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# A test that hangs is ended and shows where it hung.
TEST_SECONDS = 300
# Markers of tests that keep all cores busy or measure waits: nothing may run beside them.
ALONE = "browser or process or checks or truth"


def find_chromium() -> str:
    """Path of a Chromium or Chrome: CHROMIUM_PATH, the search path, macOS's folder or Playwright's own."""
    given = os.environ.get(CHROMIUM_VARIABLE, "")
    if given and Path(given).exists():
        return given
    on_path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), "")
    return on_path or _first_existing(_usual_places())


def run_checks(python: Path, arguments: Sequence[str], console: Console) -> int:
    """Run the checks in the repository's folder.

    Args:
        python: the environment's interpreter, with the test set installed.
        arguments: for pytest; if there are any, pytest alone runs and nothing is added.
        console: names the steps.

    Returns:
        0 if everything passed, else the exit code of the first step that failed; every step is run.
    """
    os.chdir(REPOSITORY)
    chromium = find_chromium()
    extra = {CHROMIUM_VARIABLE: chromium} if chromium else {}
    if arguments:
        return run([str(python), "-m", "pytest", *arguments], extra)
    steps = _steps(python, with_browser=bool(chromium))
    console.total = len(steps)
    if not chromium:
        console.say("No Chromium or Chrome was found: the browser tests are skipped.")
        console.say("What to do: install one (Debian: sudo apt install chromium) or set CHROMIUM_PATH.")
    failed: list[tuple[str, int]] = []
    for title, command in steps:
        console.step(title)
        code = run(command, extra)
        if code:
            failed.append((title, code))
    if failed:
        console.say("Failed: " + ", ".join(title for title, _ in failed))
        return failed[0][1]
    return 0


def _steps(python: Path, *, with_browser: bool) -> list[tuple[str, list[str]]]:
    tool: Callable[[str], str] = lambda name: str(python.with_name(name + python.suffix))  # noqa: E731
    start = str(python)
    pytest = [start, "-m", "pytest", "--cov", f"--timeout={TEST_SECONDS}"]
    together = [*pytest, "-n", "2", "--dist", "loadscope", "--cov-report=", "--cov-fail-under=0"]
    alone = ALONE if with_browser else f"({ALONE}) and not browser"
    return [
        ("Lint (ruff check)", [start, "-m", "ruff", "check", "."]),
        ("Format (ruff format --check)", [start, "-m", "ruff", "format", "--check", "."]),
        ("Types (mypy)", [start, "-m", "mypy"]),
        ("Layers (import-linter)", [tool("lint-imports"), "--no-logo"]),
        ("Tests, two at a time (pytest)", [*together, "-m", f"not ({ALONE})"]),
        (
            "Tests that need the machine, with the coverage of all (pytest)",
            [*pytest, "--cov-append", "--cov-report=term", "-m", alone],
        ),
    ]


def _usual_places() -> Iterable[Path]:
    home = Path.home()
    system = platform.system()
    if system == "Darwin":
        applications = Path("/Applications")
        yield applications / "Google Chrome.app/Contents/MacOS/Google Chrome"
        yield applications / "Chromium.app/Contents/MacOS/Chromium"
        yield from (home / "Library/Caches/ms-playwright").glob("chromium-*/chrome-mac*/*.app/Contents/MacOS/*")
    elif system == "Windows":
        for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
            if os.environ.get(variable):
                yield Path(os.environ[variable]) / "Google/Chrome/Application/chrome.exe"
        yield from (home / "AppData/Local/ms-playwright").glob("chromium-*/chrome-win*/chrome.exe")
    else:
        yield from (home / ".cache/ms-playwright").glob("chromium-*/chrome-linux*/chrome")


def _first_existing(places: Iterable[Path]) -> str:
    return next((str(place) for place in places if place.exists()), "")
