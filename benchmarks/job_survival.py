"""What is lost when the service is killed again and again in the middle of a job.

``python benchmarks/job_survival.py`` has the tone engine speak a job of 200 chunks, kills the process with SIGKILL at
random moments, 27 times while it speaks and 3 times while it assembles, starts it again each time, and compares the
result with that of an undisturbed run. ``--kills``, ``--chunks``, ``--workers`` and ``--seed`` change that; ``--json``
prints one object instead of a table.
"""

import argparse
import hashlib
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import av  # noqa: F401  so that no child has to
import numpy as np
import sqlalchemy.dialects.sqlite  # noqa: F401

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from api_models.jobs import SpeechJob
from config import Settings, load_settings
from core_engine import CoreEngine
from jobs.service import Jobs
from speech.cancel import CancelToken
from speech.engines.protocol import TakeRequest
from speech.engines.tone import ToneEngine, ToneFaults
from speech.samples import Samples

CHUNK_SECONDS = 0.01
LIVES = (0.05, 0.25)
"""Shortest and longest time in seconds from a start to the kill."""
ASSEMBLY_LIVES = (0.0, 0.2)
"""The same from the beginning of the assembly."""
ASSEMBLY_KILLS = 3


class LoggingTone(ToneEngine):
    """Notes every chunk that it has spoken, one byte each, where a kill cannot take it back."""

    def __init__(self, log: Path) -> None:
        super().__init__(ToneFaults(delay=CHUNK_SECONDS), max_batch=1)
        self._log = log

    def generate(self, batch: Sequence[TakeRequest], cancel: CancelToken) -> list[Samples]:
        spoken = super().generate(batch, cancel)
        with self._log.open("ab") as log:
            log.write(b"." * len(batch))
        return spoken


@dataclass(frozen=True)
class Survival:
    """What one row of the table says."""

    workers: int
    chunks: int
    kills: int
    kills_while_assembling: int
    executions: int
    repeated: int
    torn_files: int
    identical: bool
    seconds: float


def settings_in(folder: Path, workers: int) -> Settings:
    names = ("output", "temp", "jobs", "models", "reference_audio")
    return load_settings(
        None,
        {
            "models": {"engine": "tone"},
            "paths": {f"{name}_dir": str(folder / name) for name in names},
            "jobs": {"workers": workers},
            "validation": {"enabled": False},
        },
    )


def job_of(chunks: int) -> SpeechJob:
    sentences = (f"This is the sentence with the number {number} of the text." for number in range(chunks))
    request = {"text": " ".join(sentences), "seed": 7, "export_formats": ["wav"]}
    return SpeechJob.model_validate({"type": "tts", "request": request})


def work(folder: Path, workers: int, job_id: str) -> None:
    """Work on the job until it is done."""
    core = CoreEngine(settings_in(folder, workers), engine=LoggingTone(folder / "spoken.log"))
    jobs = Jobs(core)
    jobs.start()
    while jobs.get(job_id).state != "done":
        time.sleep(0.02)
    jobs.close()
    core.close()


def start(folder: Path, workers: int, job_id: str) -> int:
    """Work in a child; this process has no threads, so it may fork."""
    child = os.fork()
    if child == 0:
        work(folder, workers, job_id)
        os._exit(0)
    return child


def store(folder: Path, chunks: int) -> str:
    """Store the job without working on it."""
    child = os.fork()
    if child == 0:
        core = CoreEngine(settings_in(folder, 0), engine=LoggingTone(folder / "spoken.log"))
        (folder / "id").write_text(Jobs(core).submit(job_of(chunks)).id)
        os._exit(0)
    os.waitpid(child, 0)
    return (folder / "id").read_text()


def state(folder: Path, job_id: str) -> str:
    connection = sqlite3.connect(folder / "jobs" / "jobs.sqlite")
    try:
        return str(connection.execute("SELECT state FROM jobs WHERE id = ?", (job_id,)).fetchone()[0])
    finally:
        connection.close()


def torn_files(folder: Path, known: set[Path]) -> int:
    """New files under finished names whose content is not whole; `known` grows by them."""
    torn = 0
    for path in set((folder / "jobs" / "chunks").rglob("*.npz")) - known:
        known.add(path)
        try:
            with np.load(path) as stored:
                stored["samples"], json.loads(stored["report"].tobytes())
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile):
            torn += 1
    return torn


def result(folder: Path) -> str:
    files = sorted((folder / "output").glob("job_*.wav"))
    assert len(files) == 1, files
    return hashlib.sha256(files[0].read_bytes()).hexdigest()


def survive(folder: Path, workers: int, chunks: int, kills: int, seed: int) -> Survival:
    began = time.perf_counter()
    quiet, rough = folder / "quiet", folder / "rough"
    for place in (quiet, rough):
        place.mkdir()
    os.waitpid(start(quiet, workers, store(quiet, chunks)), 0)
    job_id, dice = store(rough, chunks), random.Random(seed)
    torn, assembling, known = 0, 0, set[Path]()
    for number in range(kills):
        child = start(rough, workers, job_id)
        if number < kills - ASSEMBLY_KILLS:
            time.sleep(dice.uniform(*LIVES))
        else:
            while state(rough, job_id) in ("queued", "running"):
                time.sleep(0.005)
            time.sleep(dice.uniform(*ASSEMBLY_LIVES))
        reached = state(rough, job_id)
        if reached == "done":
            sys.exit(f"the job was done after {number} kills; choose more chunks")
        assembling += reached == "assembling"
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        torn += torn_files(rough, known)
    os.waitpid(start(rough, workers, job_id), 0)
    executions = (rough / "spoken.log").stat().st_size
    same = result(rough) == result(quiet)
    seconds = time.perf_counter() - began
    return Survival(workers, chunks, kills, assembling, executions, executions - chunks, torn, same, round(seconds, 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--chunks", type=int, default=200)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = []
    for workers in options.workers:
        with tempfile.TemporaryDirectory(prefix="survival-") as folder:
            rows.append(survive(Path(folder), workers, options.chunks, options.kills, options.seed))
    if options.json:
        print(json.dumps([asdict(row) for row in rows]))
        return
    columns = list(asdict(rows[0]))
    print("| " + " | ".join(columns) + " |\n|" + "---|" * len(columns))
    for row in rows:
        print("| " + " | ".join(str(value) for value in asdict(row).values()) + " |")


if __name__ == "__main__":
    main()
