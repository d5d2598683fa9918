"""A small web server on loopback addresses whose answers a test writes, and which counts its connections."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeAlias

Answer: TypeAlias = Callable[[socket.socket, str], None]
"""Given the connection and the path that was asked for; the connection is closed afterwards."""


class WebServer:
    """Listens until it is closed."""

    def __init__(self, answer: Answer, host: str) -> None:
        self.connections = 0
        self.paths: list[str] = []
        self._answer = answer
        self._listener = socket.create_server((host, 0))
        self.host = host
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def url(self, path: str = "/sound.wav", host: str | None = None) -> str:
        return f"http://{host or self.host}:{self.port}{path}"

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection, contextlib.suppress(OSError):
                connection.settimeout(5)
                head = b""
                while b"\r\n\r\n" not in head and (part := connection.recv(4096)):
                    head += part
                if head:
                    path = head.split()[1].decode()
                    self.paths.append(path)
                    self._answer(connection, path)


@contextlib.contextmanager
def web_server(answer: Answer, host: str = "127.0.0.1") -> Iterator[WebServer]:
    server = WebServer(answer, host)
    try:
        yield server
    finally:
        server.close()


def reply(status: int = 200, body: bytes = b"", **headers: str) -> Answer:
    """The same answer to every path."""
    lines = [f"HTTP/1.1 {status} x", "Connection: close", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return lambda connection, path: connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)


def endless(block: bytes, pause: float = 0.0, announced: str = "") -> Answer:
    """A body that goes on as long as it is read."""

    def answer(connection: socket.socket, path: str) -> None:
        connection.sendall(f"HTTP/1.1 200 x\r\nConnection: close\r\n{announced}\r\n".encode())
        while True:
            connection.sendall(block)
            time.sleep(pause)

    return answer
