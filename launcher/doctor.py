"""The `doctor` command: looks at everything a start needs, changes nothing, and says what to do about each fault."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from launcher import checking, environment, gpu, ports, sets, stamp
from launcher.environment import State
from launcher.problems import LauncherError

ASK_SECONDS = 120
SETUP = "Run: python3 start.py setup"
MARKS = {True: "ok  ", False: "FAIL", None: "note"}

# Runs in the environment. Prints pinned packages that are absent or of another version, one a line.
_COMPARE = """
import sys
from importlib.metadata import PackageNotFoundError, version
from packaging.requirements import Requirement
for line in open(sys.argv[1], encoding="utf-8"):
    if "==" not in line or line.lstrip().startswith("#"):
        continue
    pin = Requirement(line.split(" \\\\")[0].strip())
    if pin.marker and not pin.marker.evaluate():
        continue
    try:
        found = version(pin.name)
    except PackageNotFoundError:
        found = "absent"
    if found not in pin.specifier:
        print(f"{pin} ({found})")
"""

_ADDRESS = """
import json, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from config import load_settings
from exceptions import ConfigurationError
try:
    server = load_settings(Path(sys.argv[2]) if len(sys.argv) > 2 else None).server
    print(json.dumps({"host": server.host, "port": server.port}))
except ConfigurationError as error:
    print(json.dumps({"problem": error.message}))
"""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: what.
        ok: True, False for a fault, None for something to know.
        detail: what was found.
        hint: what to do about a fault.
    """

    name: str
    ok: bool | None
    detail: str
    hint: str = ""

    def lines(self) -> Iterator[str]:
        """The finding as text."""
        yield f"{MARKS[self.ok]} {self.name + ':':<14} {self.detail}"
        if self.hint and self.ok is not True:
            yield f"     {'':<14} {self.hint}"


def examine(venv: Path, config: Path | None = None, root: Path = sets.REPOSITORY) -> Iterator[Finding]:
    """Look at everything, cheap things first.

    Args:
        venv: the environment's folder.
        config: configuration file instead of the usual one.
        root: the repository.
    """
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", True, f"{version} on {platform.system()} {platform.machine()}")
    state = environment.inspect(venv, run=True)
    yield _environment(venv, state)
    noted = stamp.read(venv) or stamp.Stamp()
    yield _packages(venv, state, noted, root)
    yield _gpu(noted)
    yield _disk(venv, noted, root)
    yield _browser()
    if state is not State.USABLE:
        yield Finding("Engine", False, "unknown until the packages are installed", SETUP)
        yield _port("127.0.0.1", 7860)
        return
    yield from _configured(venv, config, root)
    yield from _service(venv, config, root)


def _environment(venv: Path, state: State) -> Finding:
    hints = {
        State.FOREIGN: f"Move it away, or choose another folder with {environment.FOLDER_VARIABLE}=/path.",
        State.USABLE: "",
    }
    return Finding("Environment", state is State.USABLE, f"{venv}: {state.value}", hints.get(state, SETUP))


def _packages(venv: Path, state: State, noted: stamp.Stamp, root: Path) -> Finding:
    due = sets.due(sets.wanted((), noted.sets, lambda: ""), noted.sets, root)
    if state is not State.USABLE or due:
        names = ", ".join(package_set.name for package_set in due) or "default"
        return Finding("Packages", False, f"to be installed: {names}", SETUP)
    pins = sets.CHATTERBOX if noted.sets.get("chatterbox") else sets.DEFAULT
    done = _inside(venv, _COMPARE, str(root / pins.calls[0].file))
    wrong = done.stdout.split("\n")[:-1] if done.returncode == 0 else ["the comparison did not run"]
    if wrong:
        return Finding(
            "Packages", False, "; ".join(wrong[:5]), "Run: python3 start.py setup --reinstall"
        )  # fmt: skip
    return Finding("Packages", True, "complete: " + ", ".join(noted.sets))


def _gpu(noted: stamp.Stamp) -> Finding:
    found = gpu.find_gpu() or "none found"
    packages = "installed" if noted.sets.get("chatterbox") else "not installed"
    return Finding("GPU", None, f"{found}; Chatterbox packages {packages}")


def _disk(venv: Path, noted: stamp.Stamp, root: Path) -> Finding:
    due = sets.due(sets.wanted((), noted.sets, lambda: ""), noted.sets, root)
    needed, free = sets.space_needed_mb(due), sets.free_mb(venv)
    text = f"{free / 1000:.1f} GB free" + (f", {needed / 1000:.1f} GB needed to install" if needed else "")
    enough = free >= max(needed, 500)
    return Finding("Disk", enough, text, f"Free some space or set {environment.FOLDER_VARIABLE}=/path.")


def _browser() -> Finding:
    return Finding("Browser", None, checking.find_chromium() or "no Chromium (needed by the browser tests only)")


def _port(host: str, port: int) -> Finding:
    try:
        ports.check_port(host, port)
    except LauncherError as error:
        return Finding("Port", False, error.message, error.hint)
    return Finding("Port", True, f"{host}:{port} is free")


def _configured(venv: Path, config: Path | None, root: Path) -> Iterator[Finding]:
    done = _inside(venv, _ADDRESS, str(root), *([str(config)] if config else []))
    answer = _last_json(done.stdout)
    if "problem" in answer or not answer:
        lines = done.stderr.strip().splitlines()
        fault = str(answer.get("problem") or (lines[-1] if lines else "could not be read"))
        yield Finding("Configuration", False, fault, "docs/configuration.md lists all keys.")
        return
    yield Finding("Configuration", True, str(config) if config else "valid")
    yield _port(str(answer["host"]), int(str(answer["port"])))


def _service(venv: Path, config: Path | None, root: Path) -> Iterator[Finding]:
    """What `cli.py doctor --json` says: {"checks": [{"name", "ok", "detail", "hint"}]}."""
    script = root / "cli.py"
    command = [str(environment.python_in(venv)), str(script), "doctor", "--json"]
    done = _run([*command, *(["--config", str(config)] if config else [])])
    checks = _last_json(done.stdout).get("checks")
    if not isinstance(checks, list):
        lines = (done.stderr or done.stdout).strip().splitlines()
        yield Finding("Engine", False, lines[-1] if lines else "the service did not answer", SETUP)
        return
    for check in checks:
        ok = check.get("ok")
        yield Finding(
            str(check.get("name", "?")),
            ok if isinstance(ok, bool) else None,
            str(check.get("detail", "")),
            str(check.get("hint") or ""),
        )


def _last_json(text: str) -> dict[str, object]:
    """The JSON object that the output is, or that stands in its last line."""
    for candidate in (text, *text.strip().splitlines()[-1:]):
        try:
            found = json.loads(candidate)
        except ValueError:
            continue
        if isinstance(found, dict):
            return found
    return {}


def _inside(venv: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return _run([str(environment.python_in(venv)), "-c", code, *arguments])


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    variables = {**environment.child_environment(), "PYTHONIOENCODING": "utf-8"}
    if os.name == "nt":
        variables["PYTHONUTF8"] = "1"
    try:
        return subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", errors="replace",
            env=variables, timeout=ASK_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))
