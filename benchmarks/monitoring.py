"""What monitoring costs per request: ``python -m benchmarks.monitoring [--engine embedded]``.

Speaks one sentence through the whole service in this process, in turns with logs, metrics and error tracking and
without them, and prints the processor time of both. Turns alternate, so that other work on the machine falls on both.
"""

import argparse
import asyncio
import io
import json
import logging
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message

from application import SpeechApp
from config import Settings, load_settings
from core.operations import Operations
from core_engine import CoreEngine
from main_api import create_app
from monitoring.logs import configure_logging

SENTENCE = {"text": "The quick brown fox jumps over the lazy dog by the river.", "export_formats": ["wav"], "seed": 7}
TURN = 10
"""Requests of one kind after each other."""


class Nothing:
    """Takes the place of monitoring and of error tracking around the requests."""

    def around(self, app: ASGIApp) -> ASGIApp:
        return app


async def ask(app: SpeechApp) -> int:
    body = json.dumps(SENTENCE).encode()
    status = 0

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)

    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    scope: dict[str, Any] = {
        "type": "http", "method": "POST", "path": "/api/v1/tts", "raw_path": b"/api/v1/tts", "root_path": "",
        "query_string": b"response_mode=url", "headers": headers, "scheme": "http", "http_version": "1.1",
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip
    await app(scope, receive, send)
    return status


def app_of(settings: Settings, core: CoreEngine, watched: bool) -> SpeechApp:
    app = create_app(settings, core)
    if not watched:
        app.state.monitor = app.state.failures = Nothing()
    return app


async def turn(app: SpeechApp, core: CoreEngine, operations: Operations) -> float:
    """Milliseconds of processor time per request."""
    core.operations = operations
    started = time.process_time()
    for _ in range(TURN):
        assert await ask(app) == 200
    return (time.process_time() - started) * 1000 / TURN


async def measure(settings: Settings, turns: int) -> tuple[list[float], list[float]]:
    core = CoreEngine(settings)
    try:
        watched = app_of(settings, core, True)
        operations = core.operations
        bare = app_of(settings, core, False)
        assert core.wait_ready(600).ready
        with_it: list[float] = []
        without: list[float] = []
        for number in range(turns + 1):
            logging.disable(logging.CRITICAL)
            without.append(await turn(bare, core, Operations()))
            logging.disable(logging.NOTSET)
            with_it.append(await turn(watched, core, operations))
            sys.stderr.write(f"\rturn {number} of {turns}")
        return with_it[1:], without[1:]
    finally:
        logging.disable(logging.NOTSET)
        core.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", default="tone", help="tone (default) or any other")
    parser.add_argument("--turns", type=int, default=40, help=f"of {TURN} requests with and {TURN} without")
    parser.add_argument("--models", type=Path, default=Path("models"), help="folder of prepared models")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = {f"{name}_dir": f"{folder}/{name}" for name in ("output", "temp", "logs", "reference_audio")}
        settings = load_settings(
            None,
            {
                "models": {"engine": options.engine},
                "paths": {**paths, "models_dir": str(options.models.resolve())},
                "ui": {"enable_ui": False},
            },
        )
        configure_logging("INFO", Path(folder) / "service.log", 10, 5, console=io.StringIO())
        with_it, without = asyncio.run(measure(settings, options.turns))
        logging.shutdown()
    bare = statistics.median(without)
    cost = statistics.median(a - b for a, b in zip(with_it, without, strict=True))
    print(f"\nengine {options.engine}, {options.turns} turns of {TURN} requests each way, processor time, medians")
    print(f"request without monitoring  {bare:8.3f} ms")
    print(f"monitoring                  {cost:8.3f} ms")
    print(f"share                       {cost * 100 / bare:8.2f} %")


if __name__ == "__main__":
    main()
