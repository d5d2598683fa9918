"""A server in this process on a real socket, and what a client reads from it piece by piece."""

import contextlib
import io
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import av
import httpx2
import numpy as np
import uvicorn

from core_engine import CoreEngine


@contextlib.contextmanager
def serving(core: CoreEngine) -> Iterator[httpx2.Client]:
    """A client of the whole application, which listens on a free port of the loopback."""
    from main_api import create_app

    config = uvicorn.Config(create_app(core.settings, core), port=0, log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=20, trust_env=False) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(10)


@dataclass
class Heard:
    """What arrived of an answer, and when, in seconds from the request."""

    headers: httpx2.Headers
    parts: list[bytes] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)

    @property
    def content(self) -> bytes:
        return b"".join(self.parts)


def listen(client: httpx2.Client, method: str, url: str, **options: object) -> Heard:
    """Read an answer as it comes."""
    started = time.monotonic()
    with client.stream(method, url, **options) as reply:  # type: ignore[arg-type]
        assert reply.status_code == 200, reply.read()
        heard = Heard(reply.headers)
        for part in reply.iter_raw():
            heard.parts.append(part)
            heard.moments.append(time.monotonic() - started)
    return heard


def decoded(data: bytes, name: str) -> tuple[np.ndarray, int]:
    """Samples of a streamed file at 24 kHz, and that rate."""
    if name == "pcm":
        return np.frombuffer(data, "<i2") / 32768, 24_000
    with av.open(io.BytesIO(data)) as container:
        resampler = av.AudioResampler("flt", "mono", 24_000)
        blocks = [part.to_ndarray()[0] for frame in container.decode(audio=0) for part in resampler.resample(frame)]
        blocks += [part.to_ndarray()[0] for part in resampler.resample(None)]
        return np.concatenate(blocks), 24_000
