"""The programs of docs/python-client.md, each run as it stands against a service in a process of its own."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.server import REPOSITORY, Server
from tests.support.tones import decode

pytestmark = pytest.mark.process

PAGE = (REPOSITORY / "docs" / "python-client.md").read_text("utf-8")
PROGRAMS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
MADE = ["hello.mp3", "live.wav", "answer.mp3", "report.mp3"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("service")
    server = Server(folder, "models: {engine: tone}\nui: {enable_ui: false}\n")
    try:
        server.wait_ready()
        yield server
    finally:
        server.close()


@pytest.mark.parametrize(("program", "made"), list(zip(PROGRAMS, MADE, strict=True)), ids=MADE)
def test_the_programs_shown_make_audio(server: Server, tmp_path: Path, program: str, made: str) -> None:
    source = program.replace("http://127.0.0.1:7860", f"http://127.0.0.1:{server.port}")
    assert source != program
    run = [sys.executable, "-W", "error", "-c", source]
    done = subprocess.run(run, cwd=tmp_path, env={"PYTHONPATH": str(REPOSITORY)}, capture_output=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, b"")
    samples, rate = decode(tmp_path / made)
    assert len(samples) / rate > 0.2
