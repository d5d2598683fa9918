"""The comparisons of the Chatterbox benchmark; each prints rows of one table."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import httpx2

from benchmarks.chatterbox_sides import (
    CHUNKS,
    Arithmetic,
    Decoders,
    Setup,
    Spoken,
    Upstream,
    own_core,
    request,
    sentences,
    serving,
    settings_for,
)
from core_engine import CoreEngine
from speech.progress import ChunkDone, Event, TakeJudged

GOALS: Final[dict[tuple[str, int], float]] = {
    ("float32", 1): 1.15,
    ("float32", 8): 2.5,
    ("int8", 1): 2.4,
    ("int8", 8): 5.0,
}
"""Least ratio of our tokens a second to the package's, by arithmetic and chunks at once."""

GOAL_WHOLE: Final = 2.0
GOAL_SERVICE: Final = 1.02
COLUMNS: Final = ("model", "what", "ours", "other", "ratio", "goal", "")
MEMORY_TOKENS: Final = 8
ARITHMETICS: Final[tuple[Arithmetic, ...]] = ("float32", "int8")


Extent: TypeAlias = Literal["t3", "texts", "all"]
"""Only T3, also whole texts, also callers and the service."""

Side: TypeAlias = Literal["upstream", "float32", "int8"]


class Report:
    """Prints rows of one table and remembers the goals that were missed."""

    def __init__(self, model: str) -> None:
        self._model = model
        self.missed = 0

    def row(self, what: str, ours: str, other: str, ratio: float, goal: str = "", note: str = "") -> None:
        """A row; `goal` is a comparison such as ``>= 2``."""
        if goal:
            sign, number = goal.split()
            met = ratio >= float(number) if sign == ">=" else ratio <= float(number)
            self.missed += not met
            goal += " met" if met else " missed"
        print(f"| {self._model} | {what} | {ours} | {other} | {ratio:.3g} | {goal} | {note} |", flush=True)


class Race:
    """T3 of the package, one chunk at a time, and of ours, in turn on the same texts; tokens a second with prompts."""

    def __init__(self, setup: Setup, upstream: Upstream) -> None:
        self._upstream = upstream
        self._decoders = Decoders(setup, ARITHMETICS, upstream.defaults)
        self._lines, self._sample = sentences(CHUNKS), setup.sample
        self._tokens: dict[int, list[int]] = {}
        self._theirs: list[tuple[int, float]] = []
        self._ours: dict[tuple[Arithmetic, int], list[tuple[int, float]]] = {}
        self._differing: set[tuple[Arithmetic, int]] = set()
        upstream.generate_silently(self._lines[0], 1)
        for arithmetic in ARITHMETICS:
            self._decoders.decode(arithmetic, [0])

    def run(self) -> None:
        """One round. A chunk of theirs is followed by one of ours, so that both meet the machine in the same mood."""
        for place, line in enumerate(self._lines):
            spoken = self._upstream.generate_silently(line, place + 1)
            self._tokens[place] = spoken.tokens
            self._theirs.append((len(spoken.tokens), spoken.t3_seconds))
            if place < CHUNKS // 2:
                self._decode([place])
        for count in (2, 4, 8):
            for start in range(0, max(count, min(self._sample, CHUNKS // 2)), count):
                self._decode(range(start, start + count))

    def _decode(self, places: Sequence[int]) -> None:
        for arithmetic in ARITHMETICS:
            key = (arithmetic, len(places))
            seconds, tokens = self._decoders.decode(arithmetic, places)
            self._ours.setdefault(key, []).append((sum(map(len, tokens)), seconds))
            if tokens != [self._tokens[place] for place in places]:
                self._differing.add(key)

    def tell(self, report: Report) -> None:
        """Rows of all rounds."""
        base = _rate(self._theirs)
        for (arithmetic, count), pairs in sorted(self._ours.items()):
            goal, note = GOALS.get((arithmetic, count)), ""
            if arithmetic == "float32":
                differ = (arithmetic, count) in self._differing
                note = f"tokens {'DIFFER' if differ else 'identical'}"
                report.missed += differ
            report.row(
                f"T3 {arithmetic}, chunks at once: {count}",
                f"{_rate(pairs):.1f} tok/s",
                f"{base:.1f} tok/s",
                _rate(pairs) / base,
                f">= {goal}" if goal else "",
                note,
            )


def _rate(pairs: Sequence[tuple[int, float]]) -> float:
    return sum(tokens for tokens, _ in pairs) / sum(seconds for _, seconds in pairs)


class Listener:
    """Observes one request: its seeds, and when its first chunk was there."""

    def __init__(self) -> None:
        self.seeds: dict[int, int] = {}
        self.first = 0.0
        self._started = time.perf_counter()

    def __call__(self, event: Event) -> None:
        if isinstance(event, TakeJudged):
            self.seeds[event.index] = event.seed
        if isinstance(event, ChunkDone) and not self.first:
            self.first = time.perf_counter() - self._started


def speak(core: CoreEngine, *paragraphs: str) -> tuple[float, Listener]:
    listener, started = Listener(), time.perf_counter()
    core.tts(request(*paragraphs), listener)
    return time.perf_counter() - started, listener


def compare_wholes(setup: Setup, core: CoreEngine, upstream: Upstream, report: Report) -> None:
    """A text of 12 chunks through the core against the package in a loop; the first audio of both."""
    chunks = [chunk.spoken for chunk in core.plan(request(*setup.texts)).plan.chunks]
    assert len(chunks) == len(setup.texts)
    upstream.generate(chunks[0], 1)
    speak(core, setup.texts[0])
    ours: list[float] = []
    firsts: list[float] = []
    theirs: list[Spoken] = []
    said = list(enumerate(chunks))[: setup.sample]
    for _ in range(setup.rounds):
        seconds, listener = speak(core, *setup.texts)
        ours.append(seconds)
        firsts.append(listener.first)
        theirs += [upstream.generate(chunk, listener.seeds[place]) for place, chunk in said]
    loop, prepared = (
        len(chunks) * statistics.mean(spoken.seconds - known * spoken.voice_seconds for spoken in theirs)
        for known in (0, 1)
    )
    mean = statistics.mean(ours)
    report.row(
        f"whole text, chunks: {len(chunks)}",
        f"{mean:.1f} s",
        f"{loop:.1f} s",
        loop / mean,
        "" if setup.guided else f">= {GOAL_WHOLE}",
        f"{prepared / mean:.2f} against a loop that prepares the voice once",
    )
    first = statistics.mean(spoken.seconds for spoken in theirs[:: len(said)])
    alone = statistics.median(speak(core, setup.texts[0])[1].first for _ in range(setup.rounds))
    for what, seconds in (
        (f"first audio of {len(chunks)} chunks", statistics.mean(firsts)),
        ("first audio of one chunk", alone),
    ):
        report.row(what, f"{seconds:.2f} s", f"{first:.2f} s", first / seconds)


def compare_callers(setup: Setup, core: CoreEngine, report: Report) -> None:
    """Eight callers with a chunk each: all at once against one after the other."""
    lines = setup.texts[:CHUNKS]
    in_turn = sum(speak(core, line)[0] for line in lines)
    started = time.perf_counter()
    with ThreadPoolExecutor(len(lines)) as pool:
        list(pool.map(lambda line: speak(core, line), lines))
    at_once = time.perf_counter() - started
    report.row(f"callers at once, in turn: {len(lines)}", f"{at_once:.1f} s", f"{in_turn:.1f} s", in_turn / at_once)


class Stopwatch:
    """Seconds that the lane spends inside the engine."""

    def __init__(self, core: CoreEngine) -> None:
        engine: Any = core.engine
        self.seconds = 0.0
        # Shadows the methods of this one object.
        engine.begin, engine.advance = self._timed(engine.begin), self._timed(engine.advance)

    def _timed(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any) -> Any:
            started = time.perf_counter()
            try:
                return work(*given)
            finally:
                self.seconds += time.perf_counter() - started

        return run


def compare_service(setup: Setup, core: CoreEngine, address: str, report: Report) -> None:
    """A whole request to the server against what the engine takes of its time.

    Both are of one and the same request: two would differ by more than the goal.
    """
    lines = setup.texts[: setup.sample]
    body = request(*lines).model_dump(mode="json", exclude_unset=True)
    watch = Stopwatch(core)
    with httpx2.Client(base_url=address, timeout=3600) as client:
        started = time.perf_counter()
        client.post("/api/v1/tts", params={"response_mode": "url"}, json=body).raise_for_status()
        whole = time.perf_counter() - started
    report.row(
        f"request to the service, its engine, chunks: {len(lines)}",
        f"{whole:.3f} s",
        f"{watch.seconds:.3f} s",
        whole / watch.seconds,
        f"<= {GOAL_SERVICE}",
    )


def measure_speed(setup: Setup, extent: Extent) -> int:
    """Rows of one model, all but memory; returns how many goals were missed."""
    report, upstream = Report(setup.name), Upstream(setup)
    race = Race(setup, upstream)
    for _ in range(setup.rounds):
        race.run()
    race.tell(report)
    del race
    if extent == "t3":
        return report.missed
    settings = settings_for(setup, "float32")
    with own_core(setup, settings) as core:
        compare_wholes(setup, core, upstream, report)
        if extent == "all":
            compare_callers(setup, core, report)
            with serving(core, settings) as address:
                compare_service(setup, core, address, report)
    return report.missed


def measure_memory(setup: Setup, side: Side) -> tuple[int, int]:
    """Load one side and speak eight chunks; see `memory`."""
    setup = replace(setup, tokens=min(setup.tokens, MEMORY_TOKENS))
    if side == "upstream":
        upstream = Upstream(setup)
        for place, line in enumerate(setup.texts[: setup.sample]):
            upstream.generate(line, place)
        return memory()
    with own_core(setup, settings_for(setup, side)) as core:
        speak(core, *sentences(CHUNKS if not setup.tiny else 2))
        return memory()


def memory() -> tuple[int, int]:
    """Greatest resident size of this process and the present one, in MB."""
    # The figure that getrusage gives begins with that of the parent process.
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    sizes = {line.split(":")[0]: line.split()[1] for line in lines if line.endswith("kB")}
    return int(sizes["VmHWM"]) // 1024, int(sizes["VmRSS"]) // 1024
