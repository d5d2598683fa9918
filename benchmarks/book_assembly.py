"""Time and memory of assembling a 12-hour audiobook of 4,000 chunks.

``python benchmarks/book_assembly.py`` plans a book for the tone engine, puts audio of one chunk in the place of all
(hard links, so that the disk holds it once), and assembles M4B, captions and, with ``--formats mp3``, a file of each
chapter. ``--loudness`` evens the chapters out as audiobooks are by default. Memory is the growth of the process's peak
from before the book is planned. ``--json`` prints one object.
"""

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import update

from api_models.jobs import AudiobookJob
from benchmarks.job_survival import settings_in
from core_engine import CoreEngine
from jobs.schema import CHUNKS
from jobs.service import Jobs
from speech.audio.timeline import TimeMap
from speech.engines.tone import SAMPLE_RATE, ToneEngine
from speech.repairs import Repaired
from speech.takes import ChunkResult, JudgedTake, KeptTake


class Peak:
    """The highest resident memory in MB, looked at 50 times a second."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self.before = self.highest = self._process.memory_info().rss
        self._stop = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while not self._stop.wait(0.02):
            self.highest = max(self.highest, self._process.memory_info().rss)

    def grown(self) -> float:
        self._stop.set()
        return (self.highest - self.before) / 1e6


def book_text(chapters: int, chunks: int) -> str:
    each = chunks // chapters
    parts = []
    for chapter in range(1, chapters + 1):
        sentences = (
            f"This is sentence number {n} of chapter {chapter}, long enough for itself." for n in range(each - 1)
        )
        parts.append(f"Chapter {chapter}\n\n" + " ".join(sentences))
    return "\n\n".join(parts)


def fill(jobs: Jobs, job_id: str, seconds: float) -> int:
    """Give every chunk the same audio; returns how many there are."""
    clock = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    swell = 0.2 + 0.2 * np.sin(2 * np.pi * clock / 3.0) ** 2
    samples = (swell * np.sin(2 * np.pi * 220.0 * clock)).astype(np.float32)
    chunks = jobs._store.chunks(job_id)
    take = JudgedTake(samples, 1, 0, 1.0, None)
    kept = KeptTake(take, Repaired(samples, TimeMap.identity(seconds), ()))
    jobs._audio.save("model", ChunkResult(chunks[0].chunk, kept, 1))
    for key in {chunk.audio_key for chunk in chunks}:
        path = jobs._audio.path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        os.link(jobs._audio.path("model"), path)
    with jobs._database.transaction() as connection:
        connection.execute(update(CHUNKS).values(state="done", done_at=time.time(), audio_seconds=seconds))
    return len(chunks)


@dataclass(frozen=True)
class Assembly:
    """What one book came to; memory counts from before it was planned."""

    chunks: int
    hours: float
    chapters: int
    planning_seconds: float
    assembly_seconds: float
    assembly_processor_seconds: float
    size_mb: float
    memory_mb: float


def assemble(folder: Path, options: argparse.Namespace) -> Assembly:
    """Plan a book, fill it and assemble it."""
    core = CoreEngine(settings_in(folder, 0), engine=ToneEngine(max_batch=1))
    jobs = Jobs(core)
    book = jobs.add_book("book.txt", book_text(options.chapters, options.chunks).encode())
    request = {
        "book": book.id, "seed": 1, "captions": ["srt"], "chapter_formats": options.formats,
        "normalize_audio": options.loudness, "max_silence_ms": 0, "sentence_pause_ms": 0, "paragraph_pause_ms": 0,
    }  # fmt: skip
    peak, started = Peak(), time.perf_counter()
    job = jobs.submit(AudiobookJob.model_validate({"type": "audiobook", "request": request}))
    planning = time.perf_counter() - started
    count = fill(jobs, job.id, options.hours * 3600 / options.chunks)
    started, processor = time.perf_counter(), time.process_time()
    jobs._runner._step()
    elapsed, processor = time.perf_counter() - started, time.process_time() - processor
    reply = jobs.get(job.id)
    assert reply.result is not None, reply.message
    size = sum(file.size_bytes for file in reply.result.output_files) / 1e6
    hours = reply.result.audio_seconds / 3600
    jobs.close()
    core.close()
    return Assembly(count, hours, options.chapters, planning, elapsed, processor, size, peak.grown())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=4000)
    parser.add_argument("--hours", type=float, default=12.0)
    parser.add_argument("--chapters", type=int, default=40)
    parser.add_argument("--formats", nargs="*", default=[])
    parser.add_argument("--loudness", action="store_true")
    parser.add_argument("--json", action="store_true", help="print one object")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="assembly-") as folder:
        made = assemble(Path(folder), options)
    if options.json:
        print(json.dumps(asdict(made)))
        return
    evened, files = "evened" if options.loudness else "left", " ".join(options.formats) or "none"
    print(
        f"{made.chunks} chunks, {made.hours:.1f} h, {made.chapters} chapters, loudness {evened}, chapter files: {files}"
    )
    print(f"planned and stored in {made.planning_seconds:.1f} s; assembled in {made.assembly_seconds:.1f} s", end="")
    print(f", {made.assembly_processor_seconds:.1f} s of the processor ({made.size_mb:.0f} MB)")
    print(f"memory grew by {made.memory_mb:.0f} MB")


if __name__ == "__main__":
    main()
