"""The command line: version check, defaults, what is handed over to the environment, exit codes."""

import ast
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

import start
from launcher import checking, cli, doctor, environment, inside, stamp
from launcher.install import Installer
from launcher.problems import LauncherError

Calls = list[tuple[str, list[str]]]


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Calls:
    """Replaces installing and handing over; collects what would run."""
    calls: Calls = []

    def hand_over(python: Path, script: str, arguments: list[str]) -> int:
        calls.append((script, list(arguments)))
        return 0

    monkeypatch.setenv(environment.FOLDER_VARIABLE, str(tmp_path / "venv"))
    monkeypatch.setattr(inside, "hand_over", hand_over)
    monkeypatch.setattr(Installer, "ensure", lambda self, requested=(), **options: tmp_path / "python")
    return calls


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 6, 15), (3, 9, 18)])
def test_old_pythons_are_told_what_is_needed(version: tuple[int, ...]) -> None:
    sentence = start.too_old(version)
    assert sentence.startswith("Python 3.10 or newer is needed, this is " + ".".join(map(str, version)))


@pytest.mark.parametrize("version", [(3, 10, 0), (3, 14, 1), (4, 0, 0)])
def test_newer_pythons_pass(version: tuple[int, ...]) -> None:
    assert start.too_old(version) == ""


def test_start_file_is_readable_for_python_3_6() -> None:
    ast.parse(Path(start.__file__).read_text(encoding="utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize(
    ("line", "script", "arguments"),
    [
        ([], "start.py", ["serve"]),
        (["serve"], "start.py", ["serve"]),
        (["--port", "8000"], "start.py", ["serve", "--port", "8000"]),
        (["serve", "--host", "::", "--config", "c.yaml"], "start.py", ["serve", "--host", "::", "--config", "c.yaml"]),
        (["say", "-o", "a.wav", "--", "-5 °C"], "cli.py", ["say", "--output", "a.wav", "--", "-5 °C"]),
        (
            ["say", "Hello.", "-o", "a.wav", "--voice", "v", "--speed", "1.5"],
            "cli.py",
            ["say", "--output", "a.wav", "--voice", "v", "--speed", "1.5", "--", "Hello."],
        ),
        (["models", "verify"], "cli.py", ["models", "verify"]),
        (
            ["job", "submit", "sea.epub", "--set", 'captions=["srt"]', "--follow"],
            "job_cli.py",
            ["submit", "sea.epub", "--set", 'captions=["srt"]', "--follow"],
        ),
    ],
)
def test_commands_are_handed_over(handed: Calls, line: list[str], script: str, arguments: list[str]) -> None:
    assert cli.main(line) == 0
    assert handed == [(script, arguments)]


@pytest.mark.parametrize(
    "line",
    [
        ["sing"],
        ["serve", "--port", "http"],
        ["say", "x"],
        ["models"],
        ["setup", "--with", "x"],
        ["job"],
        ["job", "list", "--url", "x:1"],
    ],
)
def test_wrong_usage_exits_with_2(handed: Calls, line: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(line)
    assert stopped.value.code == 2
    assert not handed


@pytest.mark.parametrize(
    ("raised", "code", "shown"),
    [
        (LauncherError("The disk is full.", "Free some."), 1, "Problem: The disk is full.\nWhat to do: Free some."),
        (KeyboardInterrupt(), 130, "run the same command again to continue"),
        (PermissionError(13, "Permission denied", ".venv"), 1, "cannot be written"),
    ],
)
def test_failures_are_sentences(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], raised: BaseException, code: int, shown: str
) -> None:
    def fail(self: Installer, requested: Iterable[str] = (), **options: object) -> Path:
        raise raised

    monkeypatch.setattr(Installer, "ensure", fail)
    assert cli.main(["setup"]) == code
    assert shown in capsys.readouterr().err


def test_everything_after_test_is_for_pytest(handed: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    received: list[list[str]] = []
    monkeypatch.setattr(checking, "run_checks", lambda python, arguments, console: received.append(arguments) or 0)
    assert cli.main(["test", "-k", "launcher", "--co"]) == 0
    assert cli.main(["test"]) == 0
    assert received == [["-k", "launcher", "--co"], []]


def test_every_check_runs_and_the_first_failure_is_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    commands: list[list[str]] = []

    def run(command: list[str], extra: dict[str, str] | None = None) -> int:
        commands.append(command)
        return {"mypy": 3, "pytest": 1}.get(command[2] if len(command) > 2 else "", 0)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(checking, "run", run)
    monkeypatch.setattr(checking, "find_chromium", lambda: "")
    assert checking.run_checks(Path("/v/bin/python"), [], cli.Console()) == 3
    assert len(commands) == 6
    together, alone = (command[command.index("pytest") :] for command in commands[-2:])
    assert together[-1] == "not (browser or process or checks or truth)" and "--cov-append" not in together
    assert alone[-1] == "(browser or process or checks or truth) and not browser" and "--cov-append" in alone
    shown = capsys.readouterr().err
    assert "browser tests are skipped" in shown
    assert "Failed: Types (mypy), Tests, two at a time (pytest), Tests that need the machine" in shown


def test_chromium_of_the_variable_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "my-chromium"
    program.touch()
    monkeypatch.setenv(checking.CHROMIUM_VARIABLE, str(program))
    assert checking.find_chromium() == str(program)
    monkeypatch.setenv(checking.CHROMIUM_VARIABLE, str(tmp_path / "gone"))
    assert checking.find_chromium() != str(tmp_path / "gone")


def test_child_exit_codes_pass_through() -> None:
    assert inside.run([sys.executable, "-c", "import sys; sys.exit(7)"]) == 7
    if sys.platform != "win32":
        assert inside.run([sys.executable, "-c", "import os; os.kill(os.getpid(), 15)"]) == 128 + 15


def test_doctor_before_setup_says_what_is_missing(tmp_path: Path) -> None:
    findings = {finding.name: finding for finding in doctor.examine(tmp_path / "venv")}
    assert findings["Python"].ok
    assert findings["Environment"].ok is False and "setup" in findings["Environment"].hint
    assert findings["Packages"].ok is False and findings["Engine"].ok is False
    assert "GB needed to install" in findings["Disk"].detail


@pytest.fixture
def installed(tmp_path: Path) -> tuple[Path, Path]:
    """An environment that lends this interpreter, and a repository with one lock file."""
    root, venv = tmp_path / "repository", tmp_path / "venv"
    root.mkdir()
    python = environment.python_in(venv)
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    (root / "requirements.txt").write_text(
        "no-such-package==1.0 \\\n    --hash=sha256:0\npytest==1.0 \\\n    --hash=sha256:0\n"
    )
    (root / "exceptions.py").write_text("class ConfigurationError(Exception):\n    message = 'Unknown key.'\n")
    (root / "config.py").write_text(
        "from exceptions import ConfigurationError\ndef load_settings(path): raise ConfigurationError\n"
    )
    (root / "cli.py").write_text('print(\'{"checks": [{"name": "Engine", "ok": true, "detail": "tone"}]}\')\n')
    stamp.write(venv, stamp.Stamp({"default": doctor.sets.DEFAULT.digest(root)}))
    return root, venv


@pytest.mark.skipif(sys.platform == "win32", reason="uses a shell script as interpreter")
def test_doctor_compares_packages_and_asks_the_service(installed: tuple[Path, Path]) -> None:
    root, venv = installed
    findings = {finding.name: finding for finding in doctor.examine(venv, root=root)}
    assert findings["Environment"].ok
    assert findings["Packages"].ok is False
    assert findings["Packages"].detail.startswith("no-such-package==1.0 (absent); pytest==1.0 (")
    assert findings["Configuration"].ok is False and findings["Configuration"].detail == "Unknown key."
    assert findings["Engine"].ok and findings["Engine"].detail == "tone"


@pytest.mark.skipif(sys.platform == "win32", reason="uses a shell script as interpreter")
def test_doctor_reports_a_service_that_does_not_answer(installed: tuple[Path, Path]) -> None:
    root, venv = installed
    (root / "requirements.txt").write_text(f"pytest=={pytest.__version__}\n")
    stamp.write(venv, stamp.Stamp({"default": doctor.sets.DEFAULT.digest(root)}))
    (root / "cli.py").write_text("raise SystemExit('The model file is damaged.')\n")
    (root / "config.py").write_text(
        "from types import SimpleNamespace as N\n"
        "def load_settings(path): return N(server=N(host='127.0.0.1', port=0))\n"
    )
    findings = {finding.name: finding for finding in doctor.examine(venv, root=root)}
    assert findings["Packages"].ok and findings["Configuration"].ok and findings["Port"].ok
    assert findings["Engine"].ok is False and findings["Engine"].detail == "The model file is damaged."


@pytest.mark.process
def test_doctor_runs_as_a_person_runs_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "start.py", "doctor"],
        cwd=doctor.sets.REPOSITORY,
        env={**environment.child_environment(), environment.FOLDER_VARIABLE: str(tmp_path / "none")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "ok   Python:" in done.stdout
    assert "FAIL Environment:" in done.stdout and "start.py setup" in done.stdout


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX pipes")
def test_reader_that_leaves_early_causes_no_complaint(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", f"'{sys.executable}' start.py doctor | head -n 1"],
        cwd=doctor.sets.REPOSITORY,
        env={**environment.child_environment(), environment.FOLDER_VARIABLE: str(tmp_path / "none")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.startswith("ok   Python:")
    assert done.stderr == ""
