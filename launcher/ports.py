"""Finds out whether the service's port is free, and who holds it if it is not."""

from __future__ import annotations

import errno
import json
import os
import shutil
import socket
import subprocess
import urllib.request
from pathlib import Path

from launcher.problems import LauncherError

LIVE_PATH = "/api/v1/health/live"
ANSWER_SECONDS = 2.0
_LISTEN = "0A"


def check_port(host: str, port: int) -> None:
    """Make sure that the address can be listened on, before anything slow is loaded.

    Args:
        host: address or name as configured.
        port: TCP port; 0 means any and is always fine.

    Raises:
        LauncherError: taken (by whom), not permitted, or no address of this machine.
    """
    if port == 0:
        return
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            if os.name != "nt":
                # As the server does: connections of an earlier run that are still closing are no obstacle.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise _port_problem(host, port, error) from error


def local_url(host: str, port: int, path: str = "") -> str:
    """URL under which this machine reaches a server that listens on `host`."""
    every_address = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}  # noqa: S104 - translated, not bound
    shown = every_address.get(host, host)
    if ":" in shown and not shown.startswith("["):
        shown = f"[{shown}]"
    return f"http://{shown}:{port}{path}"


def answers(url: str) -> tuple[int, object]:
    """Status and JSON body of a GET; status 0 when nothing answers. Proxies are not asked."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=ANSWER_SECONDS) as reply:
            return reply.status, _json(reply.read(100_000))
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _json(error.read(100_000))
    except (OSError, ValueError):
        return 0, None


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _port_problem(host: str, port: int, error: OSError) -> LauncherError:
    if error.errno in {errno.EADDRINUSE, getattr(errno, "WSAEADDRINUSE", errno.EADDRINUSE)}:
        status, body = answers(local_url(host, port, LIVE_PATH))
        if status == 200 and isinstance(body, dict):
            return LauncherError(
                f"Port {port} is taken: this service already runs at {local_url(host, port, '/ui')}.",
                f"Use that one, or start a second one with --port {port + 1}.",
            )
        holder = _holder(port) or "another program"
        return LauncherError(
            f"Port {port} on {host} is taken by {holder}.",
            f"Stop it, or choose another port: python3 start.py serve --port {port + 1}",
        )
    if error.errno in {errno.EACCES, errno.EPERM, getattr(errno, "WSAEACCES", errno.EACCES)}:
        return LauncherError(
            f"This user may not listen on port {port}.", "Choose a port above 1024, for example --port 7860."
        )
    return LauncherError(
        f"{host} is not an address of this machine.", "Use --host 127.0.0.1, or 0.0.0.0 for all addresses."
    )


def _holder(port: int) -> str:
    """Name and process id of the program that listens on the port, if this system tells."""
    inode = _listening_inode(port)
    if inode:
        return _process_with_socket(inode)
    program = shutil.which("lsof")
    if program is None:
        return ""
    try:
        answer = subprocess.run(
            [program, "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-Fpc"],
            capture_output=True, text=True, timeout=ANSWER_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    fields = {line[0]: line[1:] for line in answer.stdout.splitlines() if line}
    return f"{fields['c']} (process {fields['p']})" if {"c", "p"} <= fields.keys() else ""


def _listening_inode(port: int) -> str:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            columns = row.split()
            if columns[3] == _LISTEN and int(columns[1].rsplit(":", 1)[1], 16) == port:
                return columns[9]
    return ""


def _process_with_socket(inode: str) -> str:
    for folder in Path("/proc").glob("[0-9]*/fd"):
        try:
            if any(str(link.readlink()) == f"socket:[{inode}]" for link in folder.iterdir()):
                name = (folder.parent / "comm").read_text(encoding="utf-8").strip()
                return f"{name} (process {folder.parent.name})"
        except OSError:
            continue
    return ""
