"""The recipes of docs/clients.md, each run as it stands, and its table of tests."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import CoreMaker
from tests.support.caption_parsers import read_srt
from tests.support.listening import serving
from tests.support.server import REPOSITORY
from tests.support.tones import decode
from tests.support.validators import ListeningValidator

ADDRESS = "http://127.0.0.1:7860"
PAGE = (REPOSITORY / "docs" / "clients.md").read_text("utf-8")
TESTS = REPOSITORY / "tests"
NODE = shutil.which("node")


def recipe(language: str) -> str:
    """All blocks of a language, one after the other."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert blocks
    return "\n".join(blocks)


@pytest.fixture
def url(make_core: CoreMaker) -> Iterator[str]:
    core = make_core(validator=ListeningValidator("Hello there."))
    with serving(core) as http:
        yield str(http.base_url).rstrip("/")


def run(command: list[str], source: str, url: str, folder: Path) -> str:
    assert ADDRESS in source
    done = subprocess.run(
        [*command, source.replace(ADDRESS, url)], cwd=folder, capture_output=True, timeout=60, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def seconds_of(path: Path) -> float:
    samples, rate = decode(path)
    return len(samples) / rate


@pytest.mark.process
def test_python_with_the_openai_package(url: str, tmp_path: Path) -> None:
    run([sys.executable, "-W", "error", "-c"], recipe("python"), url, tmp_path)
    assert seconds_of(tmp_path / "hello.mp3") > 0.2
    [(_, _, lines)] = read_srt((tmp_path / "hello.srt").read_text("utf-8"))
    assert lines == ["Hello there."]


@pytest.mark.process
@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_javascript(url: str, tmp_path: Path) -> None:
    (tmp_path / "hello.mjs").write_text(recipe("js").replace(ADDRESS, url), "utf-8")
    done = subprocess.run([str(NODE), "hello.mjs"], cwd=tmp_path, capture_output=True, timeout=60, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert seconds_of(tmp_path / "hello.mp3") > 0.2


@pytest.mark.process
@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_javascript_is_told_what_is_wrong(url: str, tmp_path: Path) -> None:
    source = recipe("js").replace(ADDRESS, url).replace('"nova"', '"nobody"')
    (tmp_path / "hello.mjs").write_text(source, "utf-8")
    done = subprocess.run([str(NODE), "hello.mjs"], cwd=tmp_path, capture_output=True, timeout=60, text=True)
    assert done.returncode != 0 and "nobody" in done.stderr
    assert list(tmp_path.glob("*.mp3")) == []


@pytest.mark.process
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl(url: str, tmp_path: Path) -> None:
    run(["sh", "-e", "-c"], recipe("sh"), url, tmp_path)
    assert seconds_of(tmp_path / "hello.mp3") > 0.2
    assert (tmp_path / "hello.txt").read_text("utf-8") == "Hello there.\n"


def test_the_json_shown_is_json() -> None:
    assert json.loads(recipe("json"))["mcpServers"]["chatterbox"]["url"] == f"{ADDRESS}/mcp"


def test_every_test_that_the_table_names_is_there() -> None:
    named = re.findall(r"`(test_\w+)`", PAGE[PAGE.index("## What is tested") :])
    sources = [path.read_text("utf-8") for folder in ("api", "clients") for path in (TESTS / folder).glob("test_*.py")]
    assert len(named) > 30
    assert [name for name in named if not any(f"def {name}(" in source for source in sources)] == []
