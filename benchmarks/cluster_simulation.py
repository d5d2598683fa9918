"""What a cluster of 1, 8, 64 and 512 GPUs would do, simulated chunk by chunk from measured and reported times.

A chunk is sent by an edge, spoken by a replica and checked by the edge; each of the three is a number of equal servers
with one queue. Chunks arrive at random (Poisson). Nothing else costs anything here: no network, no faults, one take a
chunk. docs/cluster.md says where the times come from.

    python benchmarks/cluster_simulation.py
    python benchmarks/cluster_simulation.py --edges 16
"""

from __future__ import annotations

import argparse
import heapq
import random
import statistics
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

GPUS = (1, 8, 64, 512)
LOADS = (0.5, 0.8, 0.95, 1.2)
SHORTEST, LONGEST = 2.0, 11.0
"""Seconds of speech in a chunk, evenly spread."""


@dataclass(frozen=True)
class Times:
    """What a chunk costs.

    Attributes:
        send: seconds of an edge's lane for each chunk.
        gpu: seconds of a GPU for each second of speech.
        check: seconds of one core for each second of speech.
    """

    send: float
    gpu: float
    check: float


@dataclass
class Station:
    """Equal servers with one queue in front of them."""

    name: str
    servers: int
    free: int = 0
    queue: deque[tuple[float, Chunk]] = field(default_factory=deque)


@dataclass
class Chunk:
    """Its place in the walk and how long it stood in queues."""

    costs: tuple[float, ...]
    stage: int = 0
    waited: float = 0.0


def simulate(stations: Sequence[Station], times: Times, rate: float, seconds: float, seed: int = 1) -> list[float]:
    """Let chunks arrive at `rate` per second for so many seconds; how long each that is done within them has waited."""
    random_numbers = random.Random(seed)
    events: list[tuple[float, int, Callable[[float], None]]] = []
    numbers = iter(range(1 << 60))
    waits: list[float] = []
    for station in stations:
        station.free = station.servers

    def at(moment: float, action: Callable[[float], None]) -> None:
        heapq.heappush(events, (moment, next(numbers), action))

    def arrive(now: float) -> None:
        speech = random_numbers.uniform(SHORTEST, LONGEST)
        enter(Chunk((times.send, times.gpu * speech, times.check * speech)), now)
        at(now + random_numbers.expovariate(rate), arrive)

    def enter(chunk: Chunk, now: float) -> None:
        station = stations[chunk.stage]
        station.queue.append((now, chunk))
        serve(station, now)

    def serve(station: Station, now: float) -> None:
        while station.free and station.queue:
            since, chunk = station.queue.popleft()
            station.free -= 1
            chunk.waited += now - since
            cost = chunk.costs[chunk.stage]
            at(now + cost, lambda end, chunk=chunk, station=station: leave(chunk, station, end))  # type: ignore[misc]

    def leave(chunk: Chunk, station: Station, now: float) -> None:
        station.free += 1
        chunk.stage += 1
        if chunk.stage < len(stations):
            enter(chunk, now)
        else:
            waits.append(chunk.waited)
        serve(station, now)

    at(0.0, arrive)
    while events and events[0][0] < seconds:
        moment, _, action = heapq.heappop(events)
        action(moment)
    return waits


def bottleneck(stations: Sequence[Station], times: Times, rate: float) -> str:
    """The station of which most is asked, with that as a share of what it can do."""
    mean = (SHORTEST + LONGEST) / 2
    costs = (times.send, times.gpu * mean, times.check * mean)
    asked = {station.name: rate * cost / station.servers for station, cost in zip(stations, costs, strict=True)}
    name = max(asked, key=lambda name: asked[name])
    return f"{name} ({asked[name]:.0%})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--send-seconds", type=float, default=0.012, help="of an edge's lane for a chunk")
    parser.add_argument("--gpu-seconds", type=float, default=2.0 / 6.5, help="of a GPU for a second of speech")
    parser.add_argument("--check-seconds", type=float, default=0.124, help="of a core for a second of speech")
    parser.add_argument("--edges", type=int, default=1, help="processes that send")
    parser.add_argument("--cores", type=int, default=16, help="of each edge, for checking")
    parser.add_argument("--seconds", type=float, default=600.0, help="simulated")
    options = parser.parse_args()
    times = Times(options.send_seconds, options.gpu_seconds, options.check_seconds)
    print(f"{times}, {options.edges} edges with {options.cores} cores, {options.seconds:g} s\n")
    print("| GPUs | load | chunks/s asked | chunks/s done | speech h/h | wait p50 s | p95 s | bottleneck |")
    print("|---|---|---|---|---|---|---|---|")
    mean = (SHORTEST + LONGEST) / 2
    for gpus in GPUS:
        for load in LOADS:
            rate = load * gpus / (times.gpu * mean)
            stations = (
                Station("edge lane", options.edges),
                Station("GPUs", gpus),
                Station("checking", options.edges * options.cores),
            )
            waits = simulate(stations, times, rate, options.seconds)
            done = len(waits) / options.seconds
            p50, p95 = (statistics.quantiles(waits, n=20)[place] for place in (9, 18))
            print(
                f"| {gpus} | {load:.0%} | {rate:.2f} | {done:.2f} | {done * mean:.1f} | {p50:.1f} | {p95:.1f} "
                f"| {bottleneck(stations, times, rate)} |"
            )


if __name__ == "__main__":
    main()
