"""Chatterbox against its authors' package: the same random weights, texts and seeds, in one process.

``python -m benchmarks.chatterbox [--quick]`` makes checkpoints of released size below ``temp/chatterbox-benchmark``
(2 to 3 GB each, kept for the next run) and compares the package's released ``generate``, called as its README does,
with the decoder, the whole program and the service. Both sides stop after the same number of tokens. Every model is
measured in a process of its own, and memory in one for each side. Ends with 3 if a goal is missed.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, get_args

REPOSITORY: Final = Path(__file__).resolve().parents[1]
if not __package__:
    # As a script its folder comes first on the path, where this file hides the package of the same name.
    sys.path[0] = str(REPOSITORY)

from benchmarks.chatterbox_rows import COLUMNS, Extent, Report, Side, measure_memory, measure_speed
from benchmarks.chatterbox_sides import Setup
from speech.engines.chatterbox import compat
from speech.engines.embedded.machine import cpu_name
from tests.support.chatterbox import make_checkpoint

MODELS: Final = ("english", "turbo", "nano")
QUICK_MODELS: Final = ("nano", "turbo")
PARTS: Final = ("make", "speed", "upstream", "float32", "int8")
INSTRUCTIONS: Final = ("avx2", "avx512f", "avx_vnni", "avx512_vnni", "amx_int8")
MISSED: Final = 3
"""Exit status for a goal that was missed; 1 is Python's own for a fault."""


def machine() -> str:
    """The processor, what it can do for 8-bit numbers, the packages, and whether others keep it busy."""
    flags: set[str] = set()
    if (cpu := Path("/proc/cpuinfo")).is_file():
        flags = set(cpu.read_text("utf-8").split())
    known = [name for name in INSTRUCTIONS if name in flags]
    versions = [f"{name} {importlib.metadata.version(name)}" for name in ("torch", "transformers", "chatterbox-tts")]
    return (
        f"{cpu_name()} ({', '.join(known)}), {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"{platform.platform()}, Python {platform.python_version()}, {', '.join(versions)}"
    )


def make(setup: Setup) -> None:
    """Write the model's checkpoint unless it is there."""
    if setup.folder.is_dir():
        return
    part = setup.folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    started = time.perf_counter()
    make_checkpoint(setup.name, part, full_size=not setup.tiny)
    part.rename(setup.folder)
    print(f"checkpoint {setup.name} made in {time.perf_counter() - started:.0f} s", flush=True)


def run(part: str, setup: Setup, extent: Extent) -> subprocess.CompletedProcess[str]:
    """Carry a part out in a process of its own; what it prints appears here, but for the sizes of memory."""
    flags = ["--part", part, "--models", setup.name, "--root", str(setup.root)]
    flags += ["--tokens", str(setup.tokens), "--rounds", str(setup.rounds), "--sample", str(setup.sample)]
    flags += ["--chunks", str(setup.chunks), "--extent", extent]
    kept = subprocess.PIPE if part in get_args(Side) else None
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.chatterbox", *flags], cwd=REPOSITORY, stdout=kept, text=True, check=False
    )


def carry_out(part: str, setup: Setup, extent: Extent) -> int:
    """What such a process does; returns its exit status."""
    if part == "make":
        make(setup)
    elif part == "speed":
        return MISSED if measure_speed(setup, extent) else 0
    else:
        side: Side = next(side for side in get_args(Side) if side == part)
        print(json.dumps(measure_memory(setup, side)))
    return 0


def compare_memory(setup: Setup, sides: Sequence[Side]) -> None:
    """The greatest size of each of our sides against the package's."""
    sizes: dict[Side, tuple[int, int]] = {}
    wanted: tuple[Side, ...] = ("upstream", *sides) if sides else ()
    for side in wanted:
        if setup.tiny:
            sizes[side] = measure_memory(setup, side)
        else:
            sizes[side] = json.loads(run(side, setup, "t3").stdout.splitlines()[-1])
    (peak, end), report = sizes.pop("upstream", (0, 0)), Report(setup.name)
    for side, (own_peak, own_end) in sizes.items():
        note = f"at the end {own_end} MB and {end} MB"
        report.row(f"peak memory {side}", f"{own_peak} MB", f"{peak} MB", own_peak / peak, note=note)


def measure(setup: Setup, extent: Extent, sides: Sequence[Side]) -> bool:
    """All rows of a model; whether its goals are met."""
    if setup.tiny:
        # Their goals mean nothing.
        make(setup)
        carry_out("speed", setup, extent)
        compare_memory(setup, sides)
        return True
    run("make", setup, extent).check_returncode()
    outcome = run("speed", setup, extent)
    if outcome.returncode != MISSED:
        outcome.check_returncode()
    compare_memory(setup, sides)
    return outcome.returncode == 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", choices=MODELS)
    parser.add_argument("--quick", action="store_true", help="nano, then turbo in part; shorter chunks, fewer of them")
    parser.add_argument("--tiny", action="store_true", help="tiny checkpoints: shows that this program works")
    parser.add_argument("--tokens", type=int, help="of each chunk; 25 are a second")
    parser.add_argument("--chunks", type=int, help="of the whole text, 12 at most")
    parser.add_argument("--sample", type=int, help="how many chunks of a loop are really spoken")
    parser.add_argument("--rounds", type=int, default=1, help="of what is compared in turn")
    parser.add_argument("--extent", choices=get_args(Extent), help="T3 alone, also texts, also callers and memory")
    parser.add_argument("--root", type=Path, default=REPOSITORY / "temp" / "chatterbox-benchmark")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    short = options.quick or options.tiny
    options.models = options.models or (QUICK_MODELS if short else MODELS)
    tokens, chunks, sample = (8, 2, 2) if options.tiny else (24, 6, 2) if options.quick else (120, 12, 12)
    options.tokens = options.tokens or tokens
    options.chunks = options.chunks or chunks
    options.sample = options.sample or sample
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    compat.require()
    root: Path = options.root.resolve() / "tiny" if options.tiny else options.root.resolve()
    numbers = (options.tokens, options.rounds, options.tiny, options.chunks, options.sample)
    setups = [Setup(name, root, *numbers) for name in options.models]
    extents: list[Extent] = [options.extent or "all"] * len(setups)
    if options.part:
        return carry_out(options.part, setups[0], extents[0])
    if options.quick and not options.extent:
        # Callers, service and memory are about the program, so that one model shows them.
        extents[1:] = ["texts"] * (len(setups) - 1)
    print(machine())
    print(f"{options.tokens} tokens a chunk, loops reckoned from {options.sample} chunks, rounds: {options.rounds}")
    print("float32 unless int8 is said\n")
    print("| " + " | ".join(COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|", flush=True)
    started = time.perf_counter()
    met = []
    for setup, extent in zip(setups, extents, strict=True):
        sides: tuple[Side, ...] = ("float32",) if options.quick else ("float32", "int8")
        met.append(measure(setup, extent, sides if extent == "all" else ()))
    print(f"\n{time.perf_counter() - started:.0f} s in all")
    return 0 if all(met) else MISSED


if __name__ == "__main__":
    sys.exit(main())
