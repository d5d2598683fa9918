"""What the two programs that serve have in common: their command line, their log and their way to refuse to start."""

from __future__ import annotations

import argparse
import ipaddress
import sys
from collections.abc import Callable
from pathlib import Path

from config import Settings, load_settings
from exceptions import ConfigurationError
from guard.keys import KeyStore
from monitoring.logs import configure_logging

REFUSED = 2
"""Exit code for a faulty configuration."""


def run_program(name: str, description: str, arguments: list[str] | None, run: Callable[[Settings], int]) -> int:
    """Read command line and settings, then `run`; a faulty configuration is one sentence and exit code 2.

    Args:
        name: of the program, for its help.
        description: for its help.
        arguments: command line; ``None`` for the process's own.
        run: serves until stopped and gives the exit code; may raise ``ConfigurationError`` while it builds the service.
    """
    parser = argparse.ArgumentParser(prog=name, description=description)
    parser.add_argument("--host", help="address to listen on (default: server.host)")
    parser.add_argument("--port", type=int, help="TCP port (default: server.port)")
    parser.add_argument("--config", type=Path, help="configuration file (default: config.yaml)")
    options = parser.parse_args(arguments)
    server = {key: getattr(options, key) for key in ("host", "port") if getattr(options, key) is not None}
    try:
        settings = load_settings(options.config, {"server": server} if server else None)
        log = settings.server
        configure_logging(
            log.log_level, log.log_file_path, log.log_file_max_size_mb, log.log_file_backup_count, log.log_console
        )
        _refuse_open_door(settings)
        return run(settings)
    except ConfigurationError as error:
        sys.stderr.write(f"{error.message}\n")
        return REFUSED


def _refuse_open_door(settings: Settings) -> None:
    """Refuse to listen where others can reach the service, unless they need a key or the operator says otherwise."""
    host = settings.server.host
    needs_key = bool(KeyStore(settings.paths.keys_file).keys)
    if needs_key or settings.security.allow_without_key or _is_loopback(host):
        return
    raise ConfigurationError(
        f"The service does not listen on {host} without an API key. Make one with: python3 start.py keys add NAME "
        "(or set security.allow_without_key, and everybody who reaches the port may do everything).",
        field="server.host",
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
