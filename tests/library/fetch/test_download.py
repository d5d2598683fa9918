"""Downloads reach public addresses only, end in time, and leave nothing behind."""

import contextlib
import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile

from exceptions import (
    CancelledError,
    ChatterboxError,
    DeadlineExceededError,
    InvalidRequestError,
    PayloadTooLargeError,
)
from library.fetch.addresses import IPAddress, is_public
from library.fetch.client import RefusedUrlError
from library.fetch.download import Downloader, DownloadRules
from resilience.retries import RetryPolicy
from speech.cancel import CancelToken
from tests.speech.audio.sounds import RATE, tone
from tests.support.web import WebServer, endless, reply, web_server

OTHER = "127.0.0.2"
"""Stands for a public host; 127.0.0.1 is what has to stay out of reach."""
Serve = Callable[..., WebServer]

LOCAL_SPELLINGS = [
    "http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://2130706433:{port}/", "http://0x7f000001:{port}/",
    "http://0177.0.0.1:{port}/", "http://017700000001:{port}/", "http://127.1:{port}/", "http://0.0.0.0:{port}/",
    "http://0:{port}/", "http://[::1]:{port}/", "http://[::ffff:127.0.0.1]:{port}/", "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/", "http://[fec0::1]:{port}/", "http://169.254.169.254/latest/meta-data/",
    "http://user@127.0.0.1:{port}/", "http://example.com@127.0.0.1:{port}/", "http://127.0.0.1.:{port}/",
    "http://localhost.:{port}/", "http://LOCALHOST:{port}/", "http://127。0。0。1:{port}/",
    "http://①②⑦.0.0.1:{port}/",
]  # fmt: skip
"""Ways to write an address of this machine or its network."""
OTHER_SCHEMES = [
    "file:///etc/passwd", "ftp://{host}/x.wav", "gopher://{host}/", "data:audio/wav;base64,UklGRg==", "unix:///run/x",
    "//{host}/x.wav", "ws://{host}/", "http://", "http:///x", "http://{host}:99999/", "x.wav", "",
]  # fmt: skip


def sound() -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, tone(0.5), RATE, format="WAV")
    return buffer.getvalue()


def not_this(address: IPAddress) -> bool:
    return str(address) == OTHER


@pytest.fixture
def serve() -> Iterator[Serve]:
    with contextlib.ExitStack() as opened:
        yield lambda answer, host=OTHER: opened.enter_context(web_server(answer, host))


def fetch(
    folder: Path,
    url: str,
    allows: Callable[[IPAddress], bool] = not_this,
    retries: int = 0,
    most_bytes: int = 1_000_000,
    seconds: float = 10.0,
) -> bytes:
    retry = RetryPolicy("test", retries, 0.01, 1.0, 2.0, jitter=False, give_up_seconds=seconds)
    downloader = Downloader(DownloadRules(most_bytes, seconds), folder, retry, allows)
    with downloader.recording(url, "voice", CancelToken()) as download:
        return download.path.read_bytes()


def refused(folder: Path, url: str, kind: type[ChatterboxError] = RefusedUrlError, **more: Any) -> ChatterboxError:
    with pytest.raises(kind) as caught:
        fetch(folder, url, **more)
    assert caught.value.field == "voice"
    assert list(folder.iterdir()) == []
    return caught.value


def test_a_recording_is_fetched_and_gone_afterwards(tmp_path: Path, serve: Serve) -> None:
    server = serve(reply(body=sound()))
    downloader = Downloader(DownloadRules(most_bytes=1_000_000), tmp_path / "temp", allows=not_this)
    with downloader.recording(server.url("/a/my%20voice.wav?secret=1"), "voice", CancelToken()) as download:
        assert download.path.read_bytes() == sound()
        assert download.name == f"{OTHER}/my voice.wav"
    assert list((tmp_path / "temp").iterdir()) == []


@pytest.mark.checks
@pytest.mark.parametrize("url", LOCAL_SPELLINGS)
def test_check_11_no_spelling_of_this_machine_is_connected_to(tmp_path: Path, serve: Serve, url: str) -> None:
    canary = serve(reply(body=sound()), "0.0.0.0")
    error = refused(tmp_path, url.format(port=canary.port), (RefusedUrlError, InvalidRequestError), allows=is_public)
    assert canary.connections == 0
    assert isinstance(error, RefusedUrlError) or "reached" in error.message


@pytest.mark.checks
@pytest.mark.parametrize("hops", [1, 3])
def test_check_12_a_redirect_to_this_machine_is_refused_at_its_hop(tmp_path: Path, serve: Serve, hops: int) -> None:
    canary = serve(reply(body=sound()), "127.0.0.1")

    def answer(connection: socket.socket, path: str) -> None:
        hop = int(path.strip("/"))
        target = canary.url() if hop == hops else f"/{hop + 1}"
        reply(302, Location=target)(connection, path)

    allowed = serve(answer)
    refused(tmp_path, allowed.url("/1"))
    assert allowed.paths == [f"/{hop}" for hop in range(1, hops + 1)]
    assert canary.connections == 0


@pytest.mark.checks
@pytest.mark.parametrize(("redirects", "fetched"), [(3, True), (4, False)])
def test_check_12_at_most_three_redirects_are_followed(
    tmp_path: Path, serve: Serve, redirects: int, fetched: bool
) -> None:
    def answer(connection: socket.socket, path: str) -> None:
        left = int(path.strip("/"))
        (reply(307, Location=f"/{left - 1}") if left else reply(body=sound()))(connection, path)

    url = serve(answer).url(f"/{redirects}")
    if fetched:
        assert fetch(tmp_path, url) == sound()
    else:
        refused(tmp_path, url)


@pytest.mark.checks
@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.2/", "http://user@127.0.0.2/"])
def test_check_12_a_redirect_to_another_scheme_or_user_is_refused(tmp_path: Path, serve: Serve, target: str) -> None:
    refused(tmp_path, serve(reply(301, Location=target)).url())


class Resolver:
    """Answers look-ups of names in turn and notes them; numbers are left to the real one."""

    def __init__(self, *answers: list[str]) -> None:
        self.asked: list[str] = []
        self._answers = iter(answers)
        self._real = socket.getaddrinfo

    def __call__(self, host: str, port: int, *args: Any, **fields: Any) -> list[Any]:
        if host.replace(".", "").isdecimal():
            return list(self._real(host, port, *args, **fields))
        self.asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in next(self._answers)]


@pytest.mark.checks
def test_check_13_a_resolver_that_changes_its_mind_finds_no_second_look_up(
    tmp_path: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(reply(body=sound()))
    resolver = Resolver([OTHER], ["127.0.0.1"])
    monkeypatch.setattr("socket.getaddrinfo", resolver)
    url = server.url(host="rebind.example")
    assert fetch(tmp_path, url) == sound()
    assert resolver.asked == ["rebind.example"]
    refused(tmp_path, url)
    assert resolver.asked == ["rebind.example"] * 2
    assert server.connections == 1


@pytest.mark.checks
@pytest.mark.parametrize("addresses", [[OTHER, "127.0.0.1"], ["127.0.0.1", OTHER]])
def test_check_14_a_name_with_one_address_of_this_machine_is_refused(
    tmp_path: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    server = serve(reply(body=sound()))
    monkeypatch.setattr("socket.getaddrinfo", Resolver(addresses))
    refused(tmp_path, server.url(host="mixed.example"))
    assert server.connections == 0


@pytest.mark.checks
@pytest.mark.parametrize("url", OTHER_SCHEMES)
def test_check_15_other_schemes_are_refused(tmp_path: Path, url: str) -> None:
    refused(tmp_path, url.format(host=OTHER))


@pytest.mark.checks
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"])
def test_check_15_proxies_of_the_environment_are_not_used(
    tmp_path: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    proxy = serve(reply(body=b"from the proxy"))
    monkeypatch.setenv(variable, f"http://{OTHER}:{proxy.port}")
    assert fetch(tmp_path, serve(reply(body=sound())).url()) == sound()
    assert proxy.connections == 0


@pytest.mark.checks
@pytest.mark.parametrize("announced", ["", "Content-Length: 99999999\r\n", "Content-Length: 50\r\n"])
def test_check_16_an_endless_download_stops_at_the_byte_cap(tmp_path: Path, serve: Serve, announced: str) -> None:
    server = serve(endless(bytes(10_000), announced=announced))
    kind = InvalidRequestError if "50" in announced else PayloadTooLargeError
    refused(tmp_path, server.url(), kind, most_bytes=200_000)


@pytest.mark.checks
@pytest.mark.parametrize("head", ["HTTP/1.1 200 x\r\n\r\n", "HTTP/1.1 200 x\r\nX: ", ""])
def test_check_16_a_slow_download_stops_when_its_time_is_up(tmp_path: Path, serve: Serve, head: str) -> None:
    """A byte now and then, in the body, in the head, or nothing at all."""

    def answer(connection: socket.socket, path: str) -> None:
        connection.sendall(head.encode())
        for _ in range(40):
            time.sleep(0.1)
            if head:
                connection.sendall(b"a")

    started = time.monotonic()
    refused(tmp_path, serve(answer).url(), DeadlineExceededError, seconds=1.0, retries=3)
    assert time.monotonic() - started < 3


def test_a_slow_look_up_stops_when_its_time_is_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.getaddrinfo", lambda *args, **fields: time.sleep(2) or [])
    started = time.monotonic()
    refused(tmp_path, "http://slow.example/a.wav", DeadlineExceededError, seconds=0.7)
    assert time.monotonic() - started < 2


def test_a_hang_up_stops_the_download(tmp_path: Path, serve: Serve) -> None:
    token = CancelToken(time.monotonic() + 60)
    downloader = Downloader(DownloadRules(most_bytes=10**9, seconds=60), tmp_path, allows=not_this)
    server = serve(endless(b"a", 0.05))
    threading.Timer(0.5, token.cancel).start()
    with pytest.raises(CancelledError), downloader.recording(server.url(), "voice", token):
        pass
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_audio_is_refused(tmp_path: Path, serve: Serve) -> None:
    page = serve(reply(body=b"<html>no audio</html>", Content_Type="audio/wav"))
    assert "no audio" in refused(tmp_path, page.url(), InvalidRequestError).message


@pytest.mark.parametrize(("status", "attempts"), [(500, 3), (503, 3), (429, 3), (404, 1), (403, 1), (400, 1), (204, 1)])
def test_only_failures_that_can_pass_are_tried_again(tmp_path: Path, serve: Serve, status: int, attempts: int) -> None:
    server = serve(reply(status))
    refused(tmp_path, server.url(), InvalidRequestError, retries=2)
    assert server.connections == attempts


def test_a_further_attempt_begins_anew(tmp_path: Path, serve: Serve) -> None:
    def answer(connection: socket.socket, path: str) -> None:
        if server.connections == 1:
            connection.sendall(b"HTTP/1.1 200 x\r\nContent-Length: 50000\r\n\r\nthe beginning of something")
        else:
            reply(body=sound())(connection, path)

    server = serve(answer)
    assert fetch(tmp_path, server.url(), retries=1) == sound()


@pytest.mark.parametrize(
    "answer", [b"\x00\x01\x02", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 x\r\n" + b"A: b\r\n" * 20_000]
)
def test_what_is_no_http_is_refused(tmp_path: Path, serve: Serve, answer: bytes) -> None:
    def send(connection: socket.socket, path: str) -> None:
        connection.sendall(answer)

    refused(tmp_path, serve(send).url(), InvalidRequestError)
