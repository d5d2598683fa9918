"""The service as a process of its own."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2

REPOSITORY = Path(__file__).resolve().parent.parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A running `main_api.py`; its output goes to a file so that a full pipe cannot stall it."""

    def __init__(self, folder: Path, configuration: str, *arguments: str) -> None:
        self.port = free_port()
        file = folder / "config.yaml"
        file.write_text(configuration, "utf-8")
        self.log = folder / "log.txt"
        program = [sys.executable, str(REPOSITORY / "main_api.py"), "--config", str(file), "--port", str(self.port)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*program, *arguments], stdout=log, stderr=subprocess.STDOUT, cwd=folder
            )  # fmt: skip
        self.client = httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30, trust_env=False)

    def wait_ready(self, seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if self.client.get("/api/v1/health/ready").status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.05)
        raise AssertionError(f"not ready after {seconds} s: {self.log.read_text()}")

    def close(self) -> None:
        self.client.close()
        self.process.kill()
        self.process.wait(10)
