"""Times of the library's lists at many files, on this machine's disk: ``python -m benchmarks.library [--files 10000]``.

A third of the files lies in the root, the rest in twenty folders; every second one has a sidecar.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from library.entries import Filter
from library.examiner import Examiner
from library.recordings import RecordingStore

RUNS = 20


def fill(root: Path, count: int) -> None:
    """Make the files; their content is no sound, as lists do not decode."""
    for number in range(count):
        folder = root / (f"folder {number % 20:02d}" if number % 3 else "")
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"voice {number:05d}.wav"
        path.write_bytes(b"x" * 100)
        if number % 2:
            about = {
                "description": f"speaker {number}",
                "tags": ["odd"],
                "duration_seconds": 5.0,
                "sample_rate": 24_000,
            }
            path.with_name(f"{path.name}.json").write_text(json.dumps(about))


def timed(work: Callable[[], object], runs: int = RUNS) -> str:
    """Median and worst of some runs."""
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return f"{statistics.median(seconds) * 1000:8.1f} {max(seconds) * 1000:8.1f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    count = parser.parse_args().files
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        fill(root, count)
        store = RecordingStore(root, Examiner(), 60.0)
        print(f"{count} files, {RUNS} runs; ms         median    worst")

        def show(label: str, work: Callable[[], object], runs: int = RUNS) -> None:
            print(f"{label:32} {timed(work, runs)}")

        def changed() -> object:
            (root / f"new {time.monotonic_ns()}.wav").write_bytes(b"x")
            return store.page(Filter(search="new"), 1, 50, newest_first=True)

        show("first look, index made", lambda: store.page(Filter(), 1, 50), 1)
        time.sleep(2.1)
        store.page(Filter(), 1, 50)
        show("page 1 by name", lambda: store.page(Filter(), 1, 50))
        show("last page, newest first", lambda: store.page(Filter(), count // 50, 50, newest_first=True))
        show("folder and tag", lambda: store.page(Filter(folder="folder 05", tag="odd"), 1, 50))
        show("search", lambda: store.page(Filter(search="speaker 99"), 1, 50))
        show("folders", store.folders)
        show("after a file was dropped in", changed)
        store.close()
        show("index opened anew", lambda: store.page(Filter(), 1, 50), 1)


if __name__ == "__main__":
    main()
