"""An HTTP client that connects to public addresses only, and stops at a moment, whatever the other side does."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import httpcore2
import httpx2

from exceptions import InvalidRequestError
from library.fetch.addresses import IPAddress, is_public

SLICE_SECONDS = 0.5
"""How long one wait on the network lasts before the watch is asked again."""
CONNECT_SECONDS = 5.0
"""How long one address may take to answer."""


class RefusedUrlError(InvalidRequestError):
    """A URL that is not fetched, whatever lies behind it."""

    status = 400


@dataclass(frozen=True)
class Watch:
    """Bounds everything that one fetch does.

    Attributes:
        deadline: ``time.monotonic()`` value after which nothing more is waited for.
        check: asked between waits; may raise to stop.
        allows: which addresses may be connected to.
    """

    deadline: float
    check: Callable[[], None]
    allows: Callable[[IPAddress], bool] = is_public

    def left(self, most: float = SLICE_SECONDS) -> float:
        """How long the next wait may last, at most `most` seconds.

        Raises:
            httpcore2.ReadTimeout: no time is left.
        """
        self.check()
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("The time is up.")
        return min(left, most)


def guarded_client(watch: Watch) -> httpx2.Client:
    """A client whose every connection is looked up once and checked, without redirects of its own and without proxies.

    A name of which any address is not allowed is refused with ``RefusedUrlError``; what the environment says about
    proxies is not read.
    """
    return httpx2.Client(transport=_GuardedTransport(watch), trust_env=False, follow_redirects=False, timeout=None)


class _GuardedTransport(httpx2.HTTPTransport):
    """Of httpx2, over connections of ours."""

    def __init__(self, watch: Watch) -> None:
        context = httpx2.create_ssl_context(trust_env=False)
        super().__init__(verify=context, trust_env=False)
        # The transport takes no backend as an argument; tests prove that this one is used.
        self._pool = httpcore2.ConnectionPool(
            ssl_context=context, max_keepalive_connections=0, network_backend=GuardedBackend(watch)
        )


class GuardedBackend(httpcore2.SyncBackend):
    """Opens connections to addresses that the watch allows."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Look the name up once, refuse it if any of its addresses is not allowed, else connect to one."""
        addresses = self._resolve(host, port)
        if not all(self._watch.allows(ip_address(address)) for address in addresses):
            raise RefusedUrlError("The URL leads to an address that is not on the public internet.")
        failure: Exception = httpcore2.ConnectError("The name has no address.")
        for address in addresses:
            try:
                stream = super().connect_tcp(address, port, self._watch.left(CONNECT_SECONDS), None, socket_options)
                return _WatchedStream(stream, self._watch)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore2.NetworkStream:
        """Refuse."""
        raise RefusedUrlError("Sockets of this machine are not fetched from.")

    def _resolve(self, host: str, port: int) -> list[str]:
        """All addresses of a name, from one look-up; in a thread of its own, since nothing else can bound it."""
        found: list[str] = []
        failures: list[OSError] = []

        def look_up() -> None:
            try:
                # IDNA is done by then; a name that the resolver cannot take raises UnicodeError.
                for item in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                    found.append(str(item[4][0]))
            except (OSError, UnicodeError) as error:
                failures.append(OSError(str(error)))

        thread = threading.Thread(target=look_up, name="look-up", daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(self._watch.left())
        if failures:
            raise httpcore2.ConnectError("The name is not known.") from failures[0]
        return found


class _WatchedStream(httpcore2.NetworkStream):
    """A connection whose every wait is a short one, so that the watch is asked in between."""

    def __init__(self, stream: httpcore2.NetworkStream, watch: Watch) -> None:
        self._stream = stream
        self._watch = watch

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some bytes, or none at the end."""
        while True:
            try:
                return self._stream.read(max_bytes, self._watch.left())
            except httpcore2.ReadTimeout:
                self._watch.left()  # raises when the time is up; else the wait goes on

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it."""
        self._stream.write(buffer, self._watch.left(CONNECT_SECONDS))

    def close(self) -> None:
        """End the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """The same connection, encrypted; the certificate is checked against the name, not the address."""
        stream = self._stream.start_tls(ssl_context, server_hostname, self._watch.left(CONNECT_SECONDS))
        return _WatchedStream(stream, self._watch)

    def get_extra_info(self, info: str) -> Any:
        """Of the connection."""
        return self._stream.get_extra_info(info)
