"""A taken port is noticed before anything is loaded, and its holder is named."""

import http.server
import json
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from launcher import ports, serving
from launcher.problems import LauncherError


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with closing(socket.socket()) as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server


class Health(http.server.BaseHTTPRequestHandler):
    """Answers as the service does; `ready_after` requests pass before it is ready."""

    ready_after = 0

    def do_GET(self) -> None:
        ready = self.path.endswith("/live") or type(self).ready_after <= 0
        type(self).ready_after -= 1
        body = b'{"status": "ok"}' if ready else b'{"error": "The model is loading."}'
        self.send_response(200 if ready else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def health() -> Iterator[int]:
    Health.ready_after = 0
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Health) as server:
        worker = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        worker.start()
        yield server.server_port
        server.shutdown()
        worker.join()


def test_free_port_and_any_port_pass(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    listener.close()
    ports.check_port("127.0.0.1", port)
    ports.check_port("127.0.0.1", 0)


def test_taken_port_names_the_way_out(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "ANSWER_SECONDS", 0.2)
    port = listener.getsockname()[1]
    with pytest.raises(LauncherError, match=f"Port {port} on 127.0.0.1 is taken by") as caught:
        ports.check_port("127.0.0.1", port)
    assert f"--port {port + 1}" in caught.value.hint
    if sys.platform == "linux":
        assert f"(process {os.getpid()})" in caught.value.message


def test_own_service_is_recognised(health: int) -> None:
    with pytest.raises(LauncherError, match="this service already runs"):
        ports.check_port("127.0.0.1", health)


def test_foreign_address_is_named() -> None:
    with pytest.raises(LauncherError, match=r"192\.0\.2\.1 is not an address of this machine"):
        ports.check_port("192.0.2.1", 7860)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80/x"),
        ("0.0.0.0", "http://127.0.0.1:80/x"),
        ("::", "http://[::1]:80/x"),
        ("fe80::1", "http://[fe80::1]:80/x"),
        ("box.local", "http://box.local:80/x"),
    ],
)
def test_urls_are_ones_this_machine_can_open(host: str, url: str) -> None:
    assert ports.local_url(host, 80, "/x") == url


def test_urls_are_shown_once_ready(health: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "POLL_SECONDS", 0.01)
    Health.ready_after = 3
    lines: list[str] = []
    assert serving.announce(serving.Place("127.0.0.1", health), lines.append)
    assert [line.split()[-1].partition(str(health))[2] for line in lines] == ["/ui", "/docs", "/api/v1/health"]


def test_alive_but_never_ready_is_told_with_its_reason(health: int) -> None:
    Health.ready_after = 1000
    lines: list[str] = []
    place = serving.Place("127.0.0.1", health, page="")
    assert not serving.announce(place, lines.append, patience_seconds=0)
    assert lines[0] == "Serving, but not ready: The model is loading."
    assert not any("Page" in line for line in lines)


def test_serving_passes_the_flags_on_and_announces(
    health: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "main_api.py").write_text(
        "import json, pathlib, sys\npathlib.Path(__file__ + '.seen').write_text(json.dumps(sys.argv[1:]))\n"
    )
    monkeypatch.setattr(serving, "REPOSITORY", tmp_path)
    monkeypatch.setattr(sys, "argv", ["start.py"])
    assert serving.serve("127.0.0.1", 0, None, print) == 0
    assert json.loads((tmp_path / "main_api.py.seen").read_text()) == ["--host", "127.0.0.1", "--port", "0"]
    with pytest.raises(LauncherError, match="already runs"):
        serving.serve(None, health, None, print)


def test_serving_with_a_wrong_configuration_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LauncherError, match="does not exist") as caught:
        serving.serve(None, None, tmp_path / "absent.yaml", print)
    assert "configuration.md" in caught.value.hint
