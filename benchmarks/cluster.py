"""Chunks per second on the replicas of a cluster on this machine against the local lane, and what a kill costs.

A text of 100 chunks is spoken by the tone engine, whose model call sleeps: two cores are enough for two replicas.
Ray listens on every interface: run it in a network namespace that has only loopback, as check 40 does:

    unshare -rn sh -c 'ip link set lo up; python benchmarks/cluster.py'
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

import psutil

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

from api_models import TTSRequest
from config import Settings, load_settings
from core_engine import CoreEngine
from speech.progress import ChunkDone, Event

FOLDERS = ("output", "temp", "jobs", "models", "reference_audio", "vc_input", "logs")
REPLICA_PROCESS = "ray::ServeReplica:speech"
CHUNKS = 100
KILL_AFTER = 20


@dataclass
class Row:
    """One reading of the text."""

    lane: str
    seconds: float
    chunks: list[int]
    audio: str
    killed: int = 0


def configuration(folder: Path, replicas: int, delay: float) -> Path:
    """A configuration file for so many tone replicas that sleep `delay` seconds for each chunk."""
    file = folder / f"replicas_{replicas}.yaml"
    content = {
        "models": {"engine": "tone", "options": {"delay": delay}},
        "validation": {"enabled": False},
        "paths": {f"{name}_dir": str(folder / name) for name in FOLDERS},
        "cluster": {
            "enabled": replicas > 0,
            "min_replicas": max(1, replicas),
            "max_replicas": max(1, replicas),
            "cpus_per_replica": 0.5,
        },
    }
    file.write_text(json.dumps(content), "utf-8")
    return file


@contextlib.contextmanager
def cluster(config: Path) -> Iterator[None]:
    """A head with replicas, as `start.py cluster` starts it."""
    command = [sys.executable, str(REPOSITORY / "cli.py"), "cluster", "--config", str(config)]
    with subprocess.Popen(command, stdout=sys.stderr, stderr=subprocess.PIPE, text=True) as head:
        assert head.stderr is not None
        said = []
        try:
            for line in head.stderr:
                said.append(line)
                if "is ready on" in line:
                    yield
                    return
            raise RuntimeError("The cluster did not start:\n" + "".join(said))
        finally:
            head.send_signal(signal.SIGTERM)


def replica_processes() -> list[int]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if (process.info["cmdline"] or [""])[0].startswith(REPLICA_PROCESS):
            found.append(process.pid)
    return found


def read(core: CoreEngine, lane: str, kill: bool = False) -> Row:
    """Speak the text; with `kill` one replica is killed after `KILL_AFTER` chunks."""
    row = Row(lane, 0.0, [], "")

    def observe(event: Event) -> None:
        if isinstance(event, ChunkDone):
            row.chunks.append(event.index)
            if kill and len(row.chunks) == KILL_AFTER:
                os.kill(replica_processes()[0], signal.SIGKILL)
                row.killed += 1

    text = "\n\n".join(f"This is sentence number {number} of a text that several speak." for number in range(CHUNKS))
    request = TTSRequest.model_validate({"text": text, "seed": 5, "export_formats": ["wav"]})
    started = time.perf_counter()
    result = core.tts(request, observe)
    row.seconds = time.perf_counter() - started
    row.audio = hashlib.sha256(result.files[0].path.read_bytes()).hexdigest()
    return row


@contextlib.contextmanager
def ready(settings: Settings) -> Iterator[CoreEngine]:
    core = CoreEngine(settings)
    try:
        readiness = core.wait_ready(120)
        if not readiness.ready:
            raise RuntimeError(readiness.reason)
        yield core
    finally:
        core.close()


def read_on(file: Path, lane: str, kill: bool = False) -> list[Row]:
    """Speak the text as the file's settings say, and with `kill` a second time."""
    with ready(load_settings(file)) as core:
        return [read(core, lane), *([read(core, f"{lane}, one killed", kill=True)] if kill else [])]


def measure(folder: Path, sizes: Sequence[int], delay: float) -> Iterator[Row]:
    """The local lane, clusters of so many replicas, and the last one again with a kill."""
    yield from read_on(configuration(folder, 0, delay), "local lane")
    for replicas in sizes:
        file = configuration(folder, replicas, delay)
        # A process belongs to one cluster as long as it lives.
        with cluster(file), ProcessPoolExecutor(1, get_context("spawn")) as process:
            yield from process.submit(read_on, file, f"{replicas} replicas", replicas == sizes[-1]).result()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicas", type=int, nargs="+", default=[1, 2], help="sizes of the clusters")
    parser.add_argument("--delay", type=float, default=0.1, help="seconds of the model for each chunk")
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cluster-") as folder:
        rows = list(measure(Path(folder), options.replicas, options.delay))
    if options.json:
        print(json.dumps([asdict(row) for row in rows]))
        return
    print("| lane | seconds | chunks/s | chunks lost | audio as on the local lane |\n|---|---|---|---|---|")
    for row in rows:
        lost = CHUNKS - len(set(row.chunks))
        same = "yes" if row.audio == rows[0].audio else "NO"
        print(f"| {row.lane} | {row.seconds:.2f} | {CHUNKS / row.seconds:.1f} | {lost} | {same} |")


if __name__ == "__main__":
    main()
