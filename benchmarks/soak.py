"""A service under mixed load for minutes or hours: ``python -m benchmarks.soak --minutes 10``.

Starts the service as a process of its own with the tone engine, finds what it can do at most, and then asks for 80 % of
that: short and long texts, other formats, streams, mistakes, lists, and callers that hang up. Meanwhile the process is
looked at once a second. Ends with 1 if a bar of check 42 is missed: memory grows less than 1 MB an hour after the
warm-up, open files and threads stay, the temporary folder is empty, the 95th percentile of the first and the last
third differ by less than 10 %.
"""

import argparse
import itertools
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import numpy as np
import psutil

REPOSITORY = Path(__file__).resolve().parent.parent
SHARE = 0.8
"""Of the capacity that is asked for."""
WARM_UP = 0.2
"""Share of the time whose samples do not count."""
COST = 1.25
"""Of a request of the mixture, beside one of plain speech: half of them are that, the others take 1.5 times as long."""
CLIENTS = 4
SENTENCE = "The quick brown fox jumps over the lazy dog. "


@dataclass
class Sample:
    """One look at the process."""

    seconds: float
    rss_mb: float
    files: int
    threads: int


@dataclass
class Report:
    """What a soak saw.

    Attributes:
        samples: of the process, after the warm-up.
        latencies: moment and seconds of each plain speech request.
        unexpected: answers that should not have been.
        left: files in the temporary folder afterwards.
        capacity: speech requests per second at most.
    """

    capacity: float
    samples: list[Sample] = field(default_factory=list)
    latencies: list[tuple[float, float]] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    requests: int = 0
    left: int = 0

    @property
    def megabytes_per_hour(self) -> float:
        """Slope of a straight line through the memory."""
        times = np.array([sample.seconds for sample in self.samples])
        return float(np.polyfit(times / 3600, [sample.rss_mb for sample in self.samples], 1)[0])

    @property
    def drift(self) -> float:
        """How much the 95th percentile of the last third is above that of the first, as a share."""
        third = len(self.latencies) // 3
        first, last = (
            np.percentile([seconds for _, seconds in part], 95)
            for part in (self.latencies[:third], self.latencies[-third:])
        )
        return float(last / first - 1)

    def growth(self, name: str) -> float:
        """Mean of a figure in the last fifth over that in the first."""
        values = [getattr(sample, name) for sample in self.samples]
        fifth = max(1, len(values) // 5)
        return float(np.mean(values[-fifth:]) - np.mean(values[:fifth]))


class Service:
    """The process under load."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        file = folder / "config.yaml"
        file.write_text(
            "models: {engine: tone, options: {delay: 0.01}}\nui: {enable_ui: false}\n"
            "resource_management: {cleanup: {output_dir_max_size_gb: 0.05, grace_period_minutes: 0.1,"
            " cleanup_interval_hours: 0.01}}\n"
        )
        self.folder = folder
        with (folder / "stderr.txt").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(REPOSITORY / "main_api.py"), "--config", str(file), "--port", str(self.port)],
                cwd=folder, stdout=log, stderr=log,
            )  # fmt: skip
        self.seen = psutil.Process(self.process.pid)

    def client(self) -> httpx2.Client:
        return httpx2.Client(base_url=f"http://127.0.0.1:{self.port}/api/v1", timeout=60, trust_env=False)

    def wait_ready(self) -> None:
        with self.client() as client:
            for _ in range(600):
                try:
                    if client.get("/health/ready").status_code == 200:
                        return
                except httpx2.TransportError:
                    pass
                time.sleep(0.1)
        raise SystemExit(f"The service did not become ready: {(self.folder / 'stderr.txt').read_text()}")

    def look(self, seconds: float) -> Sample:
        with self.seen.oneshot():
            rss = self.seen.memory_info().rss / (1 << 20)
            return Sample(seconds, rss, self.seen.num_fds(), self.seen.num_threads())

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(60)


def speak(client: httpx2.Client, seed: int) -> int:
    body = {"text": SENTENCE, "seed": seed + 1, "export_formats": ["wav"]}
    return client.post("/tts", json=body).status_code


def hang_up(client: httpx2.Client, seed: int) -> int:
    body = {"text": SENTENCE * 20, "seed": seed + 1, "trim": True}
    try:
        client.post("/tts", json=body, timeout=0.05)
    except httpx2.TimeoutException:
        return 0
    return 200


Call = Callable[[httpx2.Client, int], int]
OTHERS: tuple[tuple[Call, set[int]], ...] = (
    (lambda c, n: c.post("/tts", json={"text": SENTENCE * 8, "trim": True, "captions": ["srt"]}).status_code, {200}),
    (lambda c, n: c.post("/tts", json={"text": SENTENCE, "export_formats": ["mp3", "flac"]}).status_code, {200}),
    (lambda c, n: c.post("/tts?response_mode=chunked&return_format=wav", json={"text": SENTENCE}).status_code, {200}),
    (hang_up, {0, 200}),
    (lambda c, n: c.post("/tts", json={"text": ""}).status_code, {422}),
    (lambda c, n: c.get(f"/nowhere/{n}").status_code, {404}),
    (lambda c, n: c.get("/health").status_code, {200}),
    (lambda c, n: c.get("/metrics/prometheus").status_code, {200}),
    (lambda c, n: c.post("/text/preview", json={"text": SENTENCE * 20}).status_code, {200}),
)


def capacity(service: Service, seconds: float) -> float:
    """Speech requests per second that `CLIENTS` callers get who wait for nothing but their answers."""
    end = time.monotonic() + seconds

    def ask(number: int) -> int:
        with service.client() as client:
            return sum(speak(client, number) == 200 for _ in iter(lambda: time.monotonic() < end, False))

    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(ask, range(CLIENTS))) / seconds


def load(service: Service, report: Report, seconds: float) -> None:
    """Half plain speech, half of everything else, at times drawn at random."""
    rate = report.capacity * SHARE / COST
    numbers = itertools.count()
    lock = threading.Lock()
    started = time.monotonic()

    def ask(client: httpx2.Client, draw: random.Random) -> None:
        number = next(numbers)
        if draw.random() < 0.5:
            before = time.monotonic()
            status, expected = speak(client, number), {200}
            with lock:
                report.latencies.append((before - started, time.monotonic() - before))
        else:
            call, expected = draw.choice(OTHERS)
            status = call(client, number)
        if status not in expected:
            with lock:
                report.unexpected.append(f"{status} instead of {sorted(expected)}")

    def caller(seed: int) -> None:
        draw = random.Random(seed)
        with service.client() as client:
            due = time.monotonic()
            while due - started < seconds:
                due = max(due + draw.expovariate(rate / CLIENTS), time.monotonic() - 1)
                time.sleep(max(0.0, due - time.monotonic()))
                ask(client, draw)

    with ThreadPoolExecutor(CLIENTS) as pool:
        running = [pool.submit(caller, seed) for seed in range(CLIENTS)]
        while not all(future.done() for future in running):
            elapsed = time.monotonic() - started
            if elapsed >= seconds * WARM_UP:
                report.samples.append(service.look(elapsed))
            time.sleep(1.0)
        for future in running:
            future.result()
    report.latencies = [item for item in report.latencies if item[0] >= seconds * WARM_UP]
    report.requests = next(numbers)


def soak(minutes: float, warm_seconds: float = 10.0) -> Report:
    """Run the whole thing in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        service = Service(Path(name))
        try:
            service.wait_ready()
            report = Report(capacity(service, warm_seconds))
            load(service, report, minutes * 60)
            report.left = sum(path.is_file() for path in (Path(name) / "temp").rglob("*"))
        finally:
            service.close()
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    report = soak(parser.parse_args().minutes)
    bars = [
        ("memory slope, MB/h", report.megabytes_per_hour, 1.0),
        ("open files, growth", abs(report.growth("files")), 2.0),
        ("threads, growth", abs(report.growth("threads")), 1.0),
        ("files left in temp", report.left, 0.5),
        ("p95 drift, share", report.drift, 0.1),
        ("unexpected answers", len(report.unexpected), 0.5),
    ]
    print(f"capacity {report.capacity:.1f} requests/s, {report.requests} requests, {len(report.samples)} samples")
    for name, value, bar in bars:
        print(f"{name:22} {value:10.2f}   below {bar:g}: {'yes' if value < bar else 'NO'}")
    for answer in report.unexpected[:10]:
        print(f"unexpected: {answer}")
    return 0 if all(value < bar for _, value, bar in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
