"""Brings the environment to the state that a command needs, and says what it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from launcher import environment, gpu, lock, pip_feed, sets, stamp
from launcher.console import Console
from launcher.environment import State
from launcher.problems import LauncherError

LOG_NAME = "chatterbox-install.log"
PREPARE = ("cli.py", "prepare")


@dataclass(frozen=True)
class Installer:
    """Installs into one environment.

    Attributes:
        venv: the environment's folder.
        console: where progress is shown.
        root: the repository.
        run_pip: installs one requirements file; replaced in tests.
        find_gpu: names a GPU; replaced in tests.
    """

    venv: Path
    console: Console
    root: Path = sets.REPOSITORY
    run_pip: Callable[..., None] = pip_feed.run_pip
    find_gpu: Callable[[], str] = gpu.find_gpu

    def ensure(self, requested: Iterable[str] = (), *, reinstall: bool = False) -> Path:
        """Install what is missing and return the environment's interpreter.

        When nothing is missing this takes milliseconds, needs no network and prints nothing.

        Args:
            requested: names of sets beyond the default one.
            reinstall: make the environment anew even if it is complete.

        Raises:
            LauncherError: something stands in the way.
        """
        names = tuple(requested)
        if not reinstall and self._complete(names):
            return environment.python_in(self.venv)
        with lock.installing(self.venv, self._say_waiting):
            # Another start may have done the work while this one waited.
            if reinstall or not self._complete(names):
                self._install(names, reinstall=reinstall)
        return environment.python_in(self.venv)

    def _complete(self, names: tuple[str, ...]) -> bool:
        if environment.inspect(self.venv) is not State.USABLE:
            return False
        noted = stamp.read(self.venv) or stamp.Stamp()
        return self._prepared(noted) and not self._due(names, noted)

    def _prepared(self, noted: stamp.Stamp) -> bool:
        return not self._can_prepare() or noted.prepared == noted.sets.get("default")

    def _due(self, names: tuple[str, ...], noted: stamp.Stamp) -> tuple[sets.PackageSet, ...]:
        return sets.due(sets.wanted(names, noted.sets, self.find_gpu), noted.sets, self.root)

    def _install(self, names: tuple[str, ...], *, reinstall: bool) -> None:
        state = environment.inspect(self.venv, run=True)
        self._explain_state(state, reinstall=reinstall)
        noted = stamp.read(self.venv) or stamp.Stamp()
        make = reinstall or state in {State.MISSING, State.BROKEN, State.FOREIGN}
        due = sets.wanted(names, noted.sets, self.find_gpu) if make else self._due(names, noted)
        self._check_space(due)
        prepares = self._can_prepare() and (make or sets.DEFAULT in due or not self._prepared(noted))
        self.console.total = int(make) + sum(len(item.calls) for item in due) + int(prepares)
        if make:
            self.console.step(f"Making the environment in {self.venv}")
            environment.create(self.venv)
            noted = stamp.Stamp()
        for package_set in due:
            self._install_set(package_set, noted)
        self._prepare(noted)

    def _install_set(self, package_set: sets.PackageSet, noted: stamp.Stamp) -> None:
        noted.sets[package_set.name] = stamp.UNFINISHED
        stamp.write(self.venv, noted)
        for call in package_set.calls:
            self.console.step(
                f"Installing {package_set.title} from {call.file} "
                f"(set: {_size(package_set.download_mb)} to fetch, {_size(package_set.installed_mb)} on disk)"
            )
            self.run_pip(
                environment.python_in(self.venv),
                self.root / call.file,
                call.options,
                log=self.venv / LOG_NAME,
                show=self.console.live,
            )
        noted.sets[package_set.name] = package_set.digest(self.root)
        stamp.write(self.venv, noted)

    def _can_prepare(self) -> bool:
        return (self.root / PREPARE[0]).is_file()

    def _prepare(self, noted: stamp.Stamp) -> None:
        if self._prepared(noted):
            return
        self.console.step("Preparing the models for this processor (once, under a minute)")
        command = [str(environment.python_in(self.venv)), str(self.root / PREPARE[0]), *PREPARE[1:]]
        try:
            pip_feed.follow(
                command,
                LastLine(),
                log=self.venv / LOG_NAME,
                show=self.console.live,
                step="Preparing the models",
            )
        except LauncherError as error:
            # The service still starts and says in its readiness what is wrong with the models.
            self.console.problem(error)
            return
        noted.prepared = noted.sets["default"]
        stamp.write(self.venv, noted)

    def _check_space(self, due: Iterable[sets.PackageSet]) -> None:
        needed, free = sets.space_needed_mb(due), sets.free_mb(self.venv)
        if free < needed:
            raise LauncherError(
                f"{_size(needed)} of disk space are needed for {self.venv}, {_size(free)} are free.",
                f"Free some space, or choose another disk with {environment.FOLDER_VARIABLE}=/path.",
            )

    def _explain_state(self, state: State, *, reinstall: bool) -> None:
        if reinstall and state is not State.MISSING:
            self.console.say("The environment is made anew.")
        elif state is State.BROKEN:
            self.console.say("The environment is broken (its Python is gone); it is made anew.")
        elif state is State.UNFINISHED:
            self.console.say("An earlier installation did not finish; it is continued.")

    def _say_waiting(self) -> None:
        self.console.say("Another start is installing; waiting for it to finish (Ctrl-C to leave).")


class LastLine(pip_feed.Feed):
    """Shows the last line of a command that has no packages to count."""

    def __init__(self) -> None:
        super().__init__(total=0)

    def take(self, line: str) -> bool:
        """Take one line; blank ones change nothing."""
        if not line.strip():
            return False
        self.now = line.strip()
        return True


def _size(megabytes: int) -> str:
    return f"{megabytes / 1000:.1f} GB" if megabytes >= 1000 else f"{megabytes} MB"
