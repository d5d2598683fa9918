"""How soon sound starts and whether it goes on: streamed answers against one bare call of the engine.

``python -m benchmarks.first_audio`` starts the service in this process and asks for a text of 5 words and one of 200
through ``POST /api/v1/tts?response_mode=chunked``, with and without checking. Each time stands as a ratio to the bare
engine speaking the first sentence, interleaved in one run: until the first byte, and until the first audible sample
(-40 dBFS) for whoever starts to play with the first byte. Gaps are what such a listener waits later on. Ends with 1 if
a ratio misses its goal or there are gaps.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx2
import numpy as np

from api_models import TTSRequest
from benchmarks.service import processor, serving
from config import load_settings
from core_engine import CoreEngine
from speech.cancel import CancelToken
from speech.engines.protocol import TakeRequest

GOAL = 1.15
AUDIBLE = 0.01
RATE = 24_000
SHORT = "The birch canoe slid smoothly."


@dataclass
class Heard:
    """Seconds from the request to its first byte and first audible sample, and the gaps of a listener."""

    first_byte: float
    audible: float
    gaps: list[float]
    audio: float


def listen(client: httpx2.Client, text: str, checked: bool) -> Heard:
    body = {"text": text, "export_formats": ["wav"], "bypass_whisper_checking": not checked}
    params = {"response_mode": "chunked", "return_format": "pcm"}
    arrivals: list[tuple[float, bytes]] = []
    started = time.perf_counter()
    with client.stream("POST", "/api/v1/tts", params=params, json=body) as reply:
        reply.raise_for_status()
        for part in reply.iter_raw():
            arrivals.append((time.perf_counter() - started, part))
    samples = np.frombuffer(b"".join(part for _, part in arrivals), "<i2") / 32768
    first_byte = arrivals[0][0]
    offset = int(np.flatnonzero(np.abs(samples) > AUDIBLE)[0]) / RATE
    gaps, clock = [], first_byte
    for moment, part in arrivals:
        if moment > clock + 0.001:
            gaps.append(moment - clock)
            clock = moment
        clock += len(part) / 2 / RATE
    return Heard(first_byte, first_byte + offset, gaps, len(samples) / RATE)


def bare(core: CoreEngine, text: str) -> float:
    chunk = core.plan(TTSRequest(text=text)).plan.chunks[0]
    request = TakeRequest(chunk.read, chunk.voice, chunk.language, 1, chunk.parameters)
    started = time.perf_counter()
    core.engine.generate([request], CancelToken())
    return time.perf_counter() - started


def compare(core: CoreEngine, client: httpx2.Client, name: str, text: str, rounds: int) -> bool:
    bares: list[float] = []
    heard: dict[bool, list[Heard]] = {False: [], True: []}
    for _ in range(rounds):
        bares.append(bare(core, text))
        for checked, found in heard.items():
            found.append(listen(client, text, checked))
    well = True
    for checked, found in heard.items():
        byte = statistics.median(h.first_byte / b for h, b in zip(found, bares, strict=True))
        audible = statistics.median(h.audible / b for h, b in zip(found, bares, strict=True))
        longest = max((gap for h in found for gap in h.gaps), default=0.0)
        count = sum(len(h.gaps) for h in found)
        well = well and byte <= GOAL and not count
        print(
            f"| {name} | {'yes' if checked else 'no'} | {statistics.median(bares):.2f} s | "
            f"{statistics.median(h.first_byte for h in found):.2f} s | {byte:.2f} | {audible:.2f} | "
            f"{count} (longest {longest:.2f} s) | {found[0].audio:.1f} s |"
        )
    return well


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    long = " ".join(Path(__file__).with_name("chapter.txt").read_text("utf-8").split()[:200])
    print(f"{processor()}, {os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(None, {"paths": {"output_dir": folder}, "ui": {"enable_ui": False}})
        with serving(settings) as (core, client):
            listen(client, SHORT, True)
            print(f"goal: first byte <= {GOAL} x bare call; {options.rounds} rounds, medians\n")
            print("| text | checked | bare call | first byte | ratio | audible, ratio | gaps | audio |")
            print("|---|---|---|---|---|---|---|---|")
            well = [
                compare(core, client, name, text, options.rounds)
                for name, text in (("5 words", SHORT), ("200 words", long))
            ]
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main())
