"""The failures a person can meet before the service runs, each as one sentence and one thing to do."""

from __future__ import annotations

import re
from dataclasses import dataclass


class LauncherError(Exception):
    """Something that stops the launcher.

    Attributes:
        message: one sentence saying what is wrong.
        hint: what to do about it; may be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class Failure:
    """One recognisable way in which pip or venv fails.

    Attributes:
        pattern: what the tool prints then.
        message: the sentence for people.
        hint: what to do.
    """

    pattern: re.Pattern[str]
    message: str
    hint: str


def _failure(pattern: str, message: str, hint: str) -> Failure:
    return Failure(re.compile(pattern, re.IGNORECASE), message, hint)


# The first match wins: causes stand before the consequences that pip prints after them
# (without a network pip ends with "No matching distribution found").
FAILURES = (
    _failure(
        r"No space left on device|\[Errno 28\]|WinError 112|Disk quota exceeded",
        "The disk is full.",
        "Free some space, or put the environment elsewhere with CHATTERBOX_VENV=/path, and run this again.",
    ),
    _failure(
        r"CERTIFICATE_VERIFY_FAILED|SSLError|certificate verify failed",
        "The package index's certificate was not accepted.",
        "Check the clock; behind a company proxy point PIP_CERT at its certificate, and run this again.",
    ),
    _failure(
        r"ProxyError|Tunnel connection failed|407 Proxy Authentication",
        "The proxy refused the connection to the package index.",
        "Check HTTPS_PROXY, and run this again.",
    ),
    _failure(
        r"name resolution|getaddrinfo failed|nodename nor servname|NewConnectionError|NameResolutionError"
        r"|Failed to establish a new connection|ConnectTimeout|Read timed out|ReadTimeout|Connection refused"
        r"|Network is unreachable|Connection aborted|IncompleteRead|Connection broken",
        "The package index could not be reached.",
        "The first run needs the internet; later runs do not. Check the connection and run this again.",
    ),
    _failure(
        r"DO NOT MATCH THE HASHES|Hashes are required",
        "A downloaded package is not the one that was tested (its checksum differs).",
        "Run this again; if it stays so, the package index or a proxy hands out altered files.",
    ),
    _failure(
        r"Permission denied|\[Errno 13\]|WinError 5\b|Read-only file system|\[Errno 30\]",
        "The environment's folder cannot be written.",
        "Make it writable for this user, or choose another one with CHATTERBOX_VENV=/path.",
    ),
    _failure(
        r"ensurepip is not available|No module named '?(venv|ensurepip)",
        "Python's venv module is missing.",
        "On Debian and Ubuntu run: sudo apt install python3-venv; then run this again.",
    ),
    _failure(
        r"\(from versions: none\)",
        "The package index was not reached, or has no build for this Python and machine.",
        "Check the connection; use a 64-bit Python between 3.10 and 3.14 on Linux, macOS or Windows.",
    ),
    _failure(
        r"Could not find a version that satisfies|No matching distribution found",
        "A package has no build for this Python and machine.",
        "Use a 64-bit Python between 3.10 and 3.14 on Linux, macOS or Windows.",
    ),
    _failure(
        r"Failed building wheel|Failed to build|Microsoft Visual C\+\+|subprocess-exited-with-error",
        "A package would have to be compiled here, and that failed.",
        "Use a 64-bit Python between 3.10 and 3.14, for which all packages are ready-made.",
    ),
    _failure(
        r"MemoryError|Cannot allocate memory|\[Errno 12\]",
        "There was not enough memory to install.",
        "Close other programs and run this again.",
    ),
)


def explain(output: str, step: str) -> LauncherError:
    """Turn a tool's output into one sentence and one thing to do.

    Args:
        output: everything the tool printed.
        step: what was being done, for the sentence used when nothing is recognised.
    """
    for failure in FAILURES:
        found = failure.pattern.search(output)
        if found:
            return LauncherError(f"{failure.message} ({_line_at(output, found.start())})", failure.hint)
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.upper().startswith("ERROR")]
    last = (errors or lines or ["no output"])[-1]
    return LauncherError(f"{step} failed: {last[:200]}", "Run this again; `start.py doctor` shows the state.")


def _line_at(output: str, position: int) -> str:
    start = output.rfind("\n", 0, position) + 1
    end = output.find("\n", position)
    line = output[start : len(output) if end < 0 else end].strip()
    return re.sub(r"https?://\S+", "the index", line)[:160]
