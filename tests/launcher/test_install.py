"""The order of steps, what a restart repeats, and what stops an installation; pip and venv are stand-ins."""

import io
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from launcher import environment, lock, sets, stamp
from launcher.console import Console
from launcher.install import Installer
from launcher.problems import LauncherError


class FakePip:
    """Records which files were installed and with which options; can fail once."""

    def __init__(self) -> None:
        self.files: list[str] = []
        self.options: list[tuple[str, ...]] = []
        self.failure: BaseException | None = None

    def __call__(
        self,
        python: Path,
        requirements: Path,
        options: tuple[str, ...],
        *,
        log: Path,
        show: Callable[[str], None],
    ) -> None:
        self.files.append(requirements.name)
        self.options.append(options)
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure


@pytest.fixture
def pip() -> FakePip:
    return FakePip()


@pytest.fixture
def shown() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def installer(tmp_path: Path, pip: FakePip, shown: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> Installer:
    root = tmp_path / "repository"
    root.mkdir()
    for package_set in sets.ALL_SETS:
        for call in package_set.calls:
            (root / call.file).write_text("example==1\n")

    def create(venv: Path) -> None:
        environment.python_in(venv).parent.mkdir(parents=True, exist_ok=True)
        environment.python_in(venv).write_text("#!/bin/sh\nexit 0\n")
        environment.python_in(venv).chmod(0o755)
        (venv / environment.CONFIG_FILE).write_text("home = here\n")

    monkeypatch.setattr(environment, "create", create)
    monkeypatch.setattr(sets, "free_mb", lambda path: 100_000)
    monkeypatch.setattr(lock, "POLL_SECONDS", 0.01)
    return Installer(tmp_path / "venv", Console(shown), root, pip, lambda: "")


def test_first_start_installs_and_the_second_does_nothing(
    installer: Installer, pip: FakePip, shown: io.StringIO
) -> None:
    python = installer.ensure()
    assert python == environment.python_in(installer.venv)
    assert pip.files == ["requirements.txt"]
    assert "[1/2] Making the environment" in shown.getvalue()
    assert "[2/2] Installing" in shown.getvalue()
    shown.truncate(0)
    installer.ensure()
    assert pip.files == ["requirements.txt"]
    assert shown.getvalue().strip("\0") == ""


def test_changed_pins_install_again_into_the_same_environment(installer: Installer, pip: FakePip) -> None:
    installer.ensure()
    (installer.root / "requirements.txt").write_text("example==2\n")
    installer.ensure()
    assert pip.files == ["requirements.txt", "requirements.txt"]


def test_interrupted_installation_is_continued(installer: Installer, pip: FakePip, shown: io.StringIO) -> None:
    pip.failure = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        installer.ensure()
    noted = stamp.read(installer.venv)
    assert noted is not None and noted.sets == {"default": stamp.UNFINISHED}
    installer.ensure()
    assert "did not finish; it is continued" in shown.getvalue()
    assert pip.files == ["requirements.txt", "requirements.txt"]


def test_interrupted_second_set_is_due_again_and_the_first_is_kept(installer: Installer, pip: FakePip) -> None:
    installer.ensure()
    pip.failure = LauncherError("no network")
    with pytest.raises(LauncherError, match="no network"):
        installer.ensure(["test"])
    pip.files.clear()
    installer.ensure()
    assert pip.files == ["requirements-test.txt"]


def test_chatterbox_on_request_takes_three_calls(installer: Installer, pip: FakePip) -> None:
    installer.ensure(["chatterbox"])
    assert pip.files == [
        "requirements.txt",
        "requirements-chatterbox.txt",
        "requirements-torch.txt",
        "requirements-chatterbox-nodeps.txt",
    ]
    assert "--no-deps" in pip.options[3]


def test_broken_environment_is_made_anew(installer: Installer, pip: FakePip, shown: io.StringIO) -> None:
    installer.ensure()
    environment.python_in(installer.venv).unlink()
    installer.ensure()
    assert "broken" in shown.getvalue()
    assert pip.files == ["requirements.txt", "requirements.txt"]


def test_too_little_space_stops_before_anything_is_made(
    installer: Installer, pip: FakePip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sets, "free_mb", lambda path: 300)
    with pytest.raises(LauncherError, match=r"1\.7 GB of disk space are needed .* 300 MB are free"):
        installer.ensure()
    assert not installer.venv.exists() and not pip.files


def test_models_are_prepared_once(installer: Installer, shown: io.StringIO) -> None:
    (installer.root / "cli.py").write_text("")
    installer.ensure()
    noted = stamp.read(installer.venv)
    assert noted is not None and noted.prepared == noted.sets["default"]
    assert shown.getvalue().count("Preparing the models") == 1
    installer.ensure()
    assert shown.getvalue().count("Preparing the models") == 1
    installer.ensure(("test",))
    assert "Installing test tools" in shown.getvalue()
    assert shown.getvalue().count("Preparing the models") == 1


def test_locks_are_installed_without_resolving_them_anew(installer: Installer, pip: FakePip) -> None:
    """A resolving pip 23 refuses a lock once a newer release of one of its extras is out."""
    installer.ensure(("test",))
    assert pip.files == ["requirements.txt", "requirements-test.txt"]
    assert all(set(options) == {"--require-hashes", "--no-deps"} for options in pip.options)


def test_failed_preparation_is_told_and_tried_again(installer: Installer, shown: io.StringIO) -> None:
    (installer.root / "cli.py").write_text("")
    installer.ensure()
    noted = stamp.read(installer.venv)
    assert noted is not None
    stamp.write(installer.venv, stamp.Stamp(noted.sets))
    environment.python_in(installer.venv).write_text(
        '#!/bin/sh\n[ "$1" = -c ] && exit 0\necho "The model file is damaged."\nexit 1\n'
    )
    for attempt in (1, 2):
        installer.ensure()
        assert shown.getvalue().count("The model file is damaged.") == attempt


def test_second_start_waits_for_the_first(installer: Installer, pip: FakePip, shown: io.StringIO) -> None:
    with lock.installing(installer.venv, lambda: None):
        other = threading.Thread(target=installer.ensure)
        other.start()
        other.join(0.2)
        assert other.is_alive() and not pip.files
    other.join(10)
    assert not other.is_alive()
    assert pip.files == ["requirements.txt"]
    assert "Another start is installing" in shown.getvalue()
