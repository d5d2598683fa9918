"""Memory and time of joining hours of audio: ``python -m benchmarks.concat [--hours 2]``; Linux only."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from api_models import ConcatRequest
from config import load_settings
from core_engine import CoreEngine
from speech.audio.encode import AudioFileWriter
from speech.engines.tone import ToneEngine

RATE = 24_000
PART_MINUTES = 10
CASES: dict[str, dict[str, Any]] = {
    "levelled, 500 ms pauses, WAV": {"pause_duration_ms": 500, "export_formats": ["wav"]},
    "trimmed, levelled, 2 s crossfades, MP3": {"trim": True, "crossfade_ms": 2000, "export_formats": ["mp3"]},
    "as it is, FLAC (preset archive)": {"preset": "archive"},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=2.0)
    hours = parser.parse_args().hours
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(None, {"paths": {"output_dir": folder, "temp_dir": folder}})
        core = CoreEngine(settings, engine=ToneEngine())
        names = [_part(core.outputs.root, number) for number in range(round(hours * 60 / PART_MINUTES))]
        print(f"Python {sys.version.split()[0]}, {os.cpu_count()} processors")
        print(f"{hours:g} hours from {len(names)} files (half WAV, half MP3) of {PART_MINUTES} minutes\n")
        print("| | length s | time s | processor s | memory grew by MiB |\n|---|---|---|---|---|")
        core.concat(ConcatRequest(files=[names[0], "(1s)"], export_formats=["wav", "mp3", "flac"]))
        for title, fields in CASES.items():
            started, busy = time.perf_counter(), time.process_time()
            _forget_peak()
            before = _memory("VmRSS")
            result = core.concat(ConcatRequest.model_validate({"files": names, **fields}))
            grown = _memory("VmHWM") - before
            seconds, busy = time.perf_counter() - started, time.process_time() - busy
            print(f"| {title} | {result.audio_seconds:.1f} | {seconds:.1f} | {busy:.1f} | {grown:.1f} |", flush=True)
        core.close()


def _part(root: Path, number: int) -> str:
    """A file of noise that comes and goes like sentences."""
    rng = np.random.default_rng(number)
    name = f"part{number}.{'wav' if number % 2 else 'mp3'}"
    with AudioFileWriter(root / name, name.rpartition(".")[2], RATE) as writer:
        for _ in range(PART_MINUTES * 12):
            level = 0.05 * 10 ** rng.uniform(0, 0.3)
            sentence = rng.standard_normal(4 * RATE) * level
            writer.write(np.concatenate([sentence, np.zeros(RATE)]).astype(np.float32))
    return name


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _memory(field: str) -> float:
    """``VmRSS`` (resident now) or ``VmHWM`` (most since `_forget_peak`) of this process, in MiB."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(field)


if __name__ == "__main__":
    main()
