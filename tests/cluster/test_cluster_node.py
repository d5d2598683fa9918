"""A node of a cluster ends, whatever its processes do."""

import contextlib
import sys
import time
from pathlib import Path

import psutil
import pytest

from cluster import node

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print("Ray runtime started", child.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Ray is not installed there")
def test_a_node_that_does_not_end_by_itself_is_killed_with_its_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "ray.py"
    program.write_text(STUBBORN, "utf-8")
    monkeypatch.setattr(node, "_command", lambda: [sys.executable, str(program)])
    monkeypatch.setattr(node, "STOP_SECONDS", 0.3)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    started: list[psutil.Process] = []

    def stay(process: object, tell: object) -> int:
        own = psutil.Process(process.pid)  # type: ignore[attr-defined]
        started.extend([own, *own.children(recursive=True)])
        raise KeyboardInterrupt

    monkeypatch.setattr(node, "_stay", stay)
    with contextlib.suppress(KeyboardInterrupt):
        node.run_worker("127.0.0.1:1", "127.0.0.1", True, lambda line: None)
    assert len(started) == 2
    end = time.monotonic() + 5
    while any(map(_lives, started)):
        assert time.monotonic() < end
        time.sleep(0.02)


def _lives(process: psutil.Process) -> bool:
    """Whether it still runs; who is dead waits for its parent where that died first."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
