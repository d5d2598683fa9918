"""What the service costs over the bare engine: latency and requests a second, beside a bare FastAPI application.

``python -m benchmarks.overhead`` starts both as processes, with the tone engine, and prints one row for each address.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx2

REPOSITORY = Path(__file__).resolve().parent.parent
BARE = """
import sys, uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
class Body(BaseModel):
    text: str
    export_formats: list[str] = []
app = FastAPI()
@app.post("/speak")
async def speak(body: Body) -> dict[str, int]:
    return {"length": len(body.text)}
uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False)
"""
BODY = {"text": "Hello there.", "export_formats": ["wav"]}
ROWS = (
    ("bare FastAPI", "POST", "/speak", BODY),
    ("health/live", "GET", "/api/v1/health/live", None),
    ("text/preview", "POST", "/api/v1/text/preview", {"text": "Hello there."}),
    ("tts, one chunk, to file", "POST", "/api/v1/tts?response_mode=url", BODY),
    ("tts, one chunk, streamed", "POST", "/api/v1/tts?response_mode=chunked", BODY),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=400, help="per row")
    parser.add_argument("--clients", type=int, default=4, help="at the same time, for the rate")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yaml"
        config.write_text("models: {engine: tone}\nui: {enable_ui: false}\nserver: {log_level: WARNING}\n", "utf-8")
        bare, service = free_port(), free_port()
        serve = [sys.executable, str(REPOSITORY / "main_api.py"), "--config", str(config), "--port", str(service)]
        processes = [
            subprocess.Popen([sys.executable, "-c", BARE, str(bare)]),
            subprocess.Popen(serve, stderr=subprocess.DEVNULL),
        ]
        try:
            found = [
                asyncio.run(measure(bare if place == 0 else service, row, options.requests, options.clients))
                for place, row in enumerate(ROWS)
            ]
        finally:
            for process in processes:
                process.terminate()
                process.wait(30)
    for (name, *_), (median, rate) in zip(ROWS, found, strict=True):
        cost = f"p50 {median * 1000:6.1f} ms   {rate:6.0f} requests/s"
        print(f"{name:26} {cost}   {rate / found[0][1]:5.2f} of bare FastAPI")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def measure(port: int, row: tuple[str, str, str, Any], count: int, clients: int) -> tuple[float, float]:
    """Median seconds of one client alone, and requests a second of several."""
    _, method, path, body = row
    content = json.dumps(body) if body is not None else None
    headers = {"Content-Type": "application/json"} if body is not None else {}
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:

        async def ask() -> float:
            started = time.perf_counter()
            reply = await client.request(method, path, content=content, headers=headers)
            assert reply.status_code == 200, reply.text
            return time.perf_counter() - started

        await until_it_answers(client)
        for _ in range(20):
            await ask()
        alone = [await ask() for _ in range(count // 2)]

        async def worker() -> None:
            for _ in range(count // clients):
                await ask()

        started = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(clients)))
        return statistics.median(alone), count // clients * clients / (time.perf_counter() - started)


async def until_it_answers(client: httpx2.AsyncClient) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if (await client.get("/api/v1/health/ready")).status_code in (200, 404):
                return
        except httpx2.TransportError:
            pass
        await asyncio.sleep(0.1)
    raise SystemExit("The server does not answer.")


if __name__ == "__main__":
    main()
