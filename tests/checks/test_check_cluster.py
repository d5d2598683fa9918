"""Check 40: replicas of a cluster on this machine, alone in a network namespace."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "cluster.py"
CHUNKS = list(range(100))


def without_network(*command: str) -> list[str]:
    """Ray's ports are open on every interface; in here there is only loopback."""
    return ["unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", *command]


def missing() -> str:
    if importlib.util.find_spec("ray") is None:
        return "Ray is not installed: python3 start.py setup --with cluster"
    if not shutil.which("unshare") or subprocess.run(without_network("true"), capture_output=True).returncode:
        return "no network namespaces here"
    return ""


pytestmark = [pytest.mark.checks, pytest.mark.process, pytest.mark.skipif(bool(missing()), reason=missing())]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The local lane, two replicas, and two of which one is killed."""
    home = tmp_path_factory.mktemp("home")  # the cluster's token is kept there
    command = without_network(sys.executable, str(SCRIPT), "--json", "--delay", "0.05", "--replicas", "2")
    environment = {**os.environ, "HOME": str(home)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_check_40_a_killed_replica_loses_no_chunk_and_doubles_none(rows: list[dict[str, Any]]) -> None:
    local, *_, disturbed = rows
    assert disturbed["killed"] == 1
    assert disturbed["chunks"] == CHUNKS
    assert disturbed["audio"] == local["audio"]


def test_check_40_the_same_plan_sounds_the_same_here_and_on_replicas(rows: list[dict[str, Any]]) -> None:
    assert [row["chunks"] for row in rows] == [CHUNKS] * 3
    assert len({row["audio"] for row in rows}) == 1
