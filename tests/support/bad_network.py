"""A bad network between a client and a service on this machine: slow, narrow, and given to broken connections."""

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections.abc import Iterator

LATENCY_SECONDS = 2.0
RESETS = 0.05
"""Share of the connections that are reset."""
BYTES_PER_SECOND = 10_000
BLOCK = 1_000


class BadNetwork:
    """A proxy on a port of the loopback.

    Every second reset comes before the service has heard of the request, the others when it begins to answer.

    Args:
        service: port of the service.
        seed: of what is drawn.

    Attributes:
        port: of the proxy.
        connections: that were made.
        resets: how many of them were reset.
    """

    def __init__(self, service: int, seed: int) -> None:
        self._service = service
        self._dice = random.Random(seed)
        self.port = self.connections = self.resets = 0

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Work until the block ends."""
        loop = asyncio.new_event_loop()
        server = loop.run_until_complete(asyncio.start_server(self._connected, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        try:
            yield
        finally:
            server.close()
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)
            for task in asyncio.all_tasks(loop):
                task.cancel()
            loop.run_until_complete(asyncio.sleep(0.05))
            loop.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        broken = self._dice.random() < RESETS
        self.resets += broken
        with contextlib.suppress(ConnectionError):
            if broken and self.resets % 2:
                await reader.read(1)
                return _reset(writer)
            from_service, to_service = await asyncio.open_connection("127.0.0.1", self._service)
            up = asyncio.create_task(_pass_on(reader, to_service))
            first = await from_service.read(BLOCK)
            if broken:
                _reset(writer)
            else:
                await asyncio.sleep(LATENCY_SECONDS)
                await _pass_on(from_service, writer, first)
            up.cancel()
            to_service.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, block: bytes = b"") -> None:
    try:
        while block := block or await reader.read(BLOCK):
            await asyncio.sleep(len(block) / BYTES_PER_SECOND)
            writer.write(block)
            await writer.drain()
            block = b""
    finally:
        writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
