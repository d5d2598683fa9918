"""A job in a process that is killed again and again."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "job_survival.py"


@pytest.mark.checks
@pytest.mark.process
@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_check_31_thirty_kills_leave_the_same_result() -> None:
    command = [sys.executable, str(SCRIPT), "--kills", "30", "--chunks", "200", "--workers", "1", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)[0]
    assert row["kills"] == 30 and row["kills_while_assembling"] >= 3 and row["identical"]
    assert row["torn_files"] == 0
    assert 0 <= row["repeated"] <= row["kills"]
