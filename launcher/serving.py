"""Serves inside the environment: checks the address first, then runs `main_api.py` and says when it is ready."""

from __future__ import annotations

import runpy
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from launcher import ports
from launcher.problems import LauncherError
from launcher.sets import REPOSITORY

READY_PATH = "/api/v1/health/ready"
POLL_SECONDS = 0.25
# Loading takes a few seconds; a service that is alive but not ready after this needs a look.
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Place:
    """Where the service is found.

    Attributes:
        host: address it listens on.
        port: its port.
        page: path of the browser page; empty if it is off.
    """

    host: str
    port: int
    page: str = "/ui"

    def url(self, path: str) -> str:
        """URL of a path as this machine reaches it."""
        return ports.local_url(self.host, self.port, path)


def serve(host: str | None, port: int | None, config: Path | None, say: Callable[[str], None]) -> int:
    """Run the service in this process until it is stopped.

    Args:
        host: overrides the configured address.
        port: overrides the configured port.
        config: configuration file instead of the usual one.
        say: shows a line to the person.

    Raises:
        LauncherError: the configuration is wrong or the address cannot be used.
    """
    place = _place(host, port, config)
    ports.check_port(place.host, place.port)
    if place.port:
        threading.Thread(target=announce, args=(place, say), daemon=True).start()
    arguments: list[str] = []
    for flag, value in (("--host", host), ("--port", port), ("--config", config)):
        if value is not None:
            arguments += [flag, str(value)]
    script = str(REPOSITORY / "main_api.py")
    sys.argv = [script, *arguments]
    runpy.run_path(script, run_name="__main__")
    return 0


def announce(place: Place, say: Callable[[str], None], patience_seconds: float = PATIENCE_SECONDS) -> bool:
    """Wait until the service is ready and show its URLs.

    Args:
        place: where it listens.
        say: shows a line.
        patience_seconds: after this the URLs are shown even if it is alive but not ready.

    Returns:
        Whether it was ready.
    """
    give_up = time.monotonic() + patience_seconds
    while True:
        status, body = ports.answers(place.url(READY_PATH))
        if status == 200:
            break
        if status and time.monotonic() >= give_up:
            say(f"Serving, but not ready: {_reason(body)}")
            say("What to do: look at `python3 start.py doctor` and at the health URL below.")
            break
        time.sleep(POLL_SECONDS)
    if place.page:
        say(f"Page      {place.url(place.page)}")
    say(f"API docs  {place.url('/docs')}")
    say(f"Health    {place.url('/api/v1/health')}")
    return status == 200


def _reason(body: object) -> str:
    if isinstance(body, dict):
        for key in ("error", "reason", "detail"):
            if body.get(key):
                return str(body[key])
    return "the health URL tells why"


def _place(host: str | None, port: int | None, config: Path | None) -> Place:
    from config import load_settings
    from exceptions import ConfigurationError

    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    try:
        settings = load_settings(config, {"server": given} if given else None)
    except ConfigurationError as error:
        raise LauncherError(
            error.message, "Correct it and start again; docs/configuration.md lists all keys."
        ) from error
    page = settings.ui.mount_path if settings.ui.enable_ui else ""
    return Place(settings.server.host, settings.server.port, page)
