"""What a person sees: a live line on a terminal, few whole lines in a log; and how a GPU is found."""

import io
import platform
from pathlib import Path

import pytest

from launcher import console, gpu
from launcher.console import Console
from launcher.problems import LauncherError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_live_line_is_redrawn_and_gone_before_the_next_step() -> None:
    stream = Terminal()
    display = Console(stream, total=2)
    display.step("First")
    display.live("a long text about a package")
    display.live("short")
    display.step("Second")
    last_drawn = stream.getvalue().split("\r")[-3]
    assert last_drawn.startswith("      short") and len(last_drawn) == len("      a long text about a package")
    assert stream.getvalue().startswith("[1/2] First\n")
    assert stream.getvalue().split("\r")[-1] == "[2/2] Second\n"


def test_log_file_hears_only_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    display = Console(stream)
    display.live("soon")
    assert stream.getvalue() == ""
    monkeypatch.setattr(console, "QUIET_SECONDS", 0.0)
    display.live("later")
    assert stream.getvalue() == "      later\n"


def test_problem_without_remedy_is_one_line() -> None:
    stream = io.StringIO()
    Console(stream).problem(LauncherError("It is broken."))
    assert stream.getvalue() == "Problem: It is broken.\n"


@pytest.mark.skipif(platform.system() != "Linux", reason="puts a program on the search path")
@pytest.mark.parametrize(
    ("script", "found"),
    [("echo 'NVIDIA H100, 81559 MiB'", "NVIDIA H100, 81559 MiB"), ("echo 'no driver'; exit 9", ""), ("exit 0", "")],
)
def test_nvidia_gpu_is_the_one_its_tool_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, found: str
) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpu.find_gpu() == found


def test_apple_processor_counts_as_a_gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    assert gpu.find_gpu() == "Apple (Metal)"
