"""The sets of packages that can be installed: which files pin them, how large they are, when they are due."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class PipCall:
    """One call of pip.

    Attributes:
        file: requirements file, relative to the repository.
        options: further options of `pip install`. A lock file names all that is needed, so nothing is resolved:
            a resolving pip 23 refuses ``coverage[toml]>=7`` beside ``coverage==7.17.3`` once 7.17.4 is out.
    """

    file: str
    options: tuple[str, ...] = ("--require-hashes", "--no-deps")


@dataclass(frozen=True)
class PackageSet:
    """Packages that are installed together.

    Attributes:
        name: as recorded in the stamp and used by `--with`.
        title: what a person reads while it is installed.
        calls: pip calls, in order.
        download_mb: megabytes fetched, measured on Linux x86-64 with Python 3.11.
        installed_mb: megabytes on disk afterwards, measured in the same place.
    """

    name: str
    title: str
    calls: tuple[PipCall, ...]
    download_mb: int
    installed_mb: int

    def digest(self, root: Path = REPOSITORY) -> str:
        """SHA-256 over the requirement files: a changed pin makes the set due again."""
        sha = hashlib.sha256()
        for call in self.calls:
            sha.update(call.file.encode())
            # Line ends differ between checkouts on Windows and elsewhere; the pins do not.
            sha.update((root / call.file).read_bytes().replace(b"\r\n", b"\n"))
        return sha.hexdigest()


DEFAULT = PackageSet("default", "the service, its voices and Whisper", (PipCall("requirements.txt"),), 450, 1100)
TEST = PackageSet("test", "test tools and judges", (PipCall("requirements-test.txt"),), 300, 800)
CLUSTER = PackageSet("cluster", "Ray Serve", (PipCall("requirements-cluster.txt"),), 130, 310)
CHATTERBOX = PackageSet(
    "chatterbox",
    "torch and the Chatterbox packages",
    (
        PipCall("requirements-chatterbox.txt"),
        PipCall("requirements-torch.txt", ()),
        PipCall("requirements-chatterbox-nodeps.txt"),
    ),
    3200,
    6500,
)
# In the order of installation: the Chatterbox set comes last, because it holds a few packages back
# (an older numpy) that the sets before it would raise again.
ALL_SETS = (DEFAULT, TEST, CLUSTER, CHATTERBOX)


def wanted(
    requested: Iterable[str],
    recorded: Iterable[str],
    gpu: Callable[[], str],
) -> tuple[PackageSet, ...]:
    """Sets that this start needs, in the order of installation.

    Args:
        requested: names asked for by the command (`test`, `--with chatterbox`).
        recorded: names that were installed before; they are kept in step with their files.
        gpu: names a GPU, which brings the Chatterbox set, or returns an empty string; asked only where it matters.
    """
    names = {"default", *requested, *recorded}
    if "chatterbox" not in names and gpu():
        names.add("chatterbox")
    return tuple(package_set for package_set in ALL_SETS if package_set.name in names)


def due(sets: Iterable[PackageSet], recorded: dict[str, str], root: Path = REPOSITORY) -> tuple[PackageSet, ...]:
    """Of these sets the ones that are missing or whose pins changed.

    The Chatterbox set is due after every other one: it holds back packages that the others raise.

    Args:
        sets: in the order of installation.
        recorded: digest by set name, as the stamp has them.
        root: the repository.
    """
    found: list[PackageSet] = []
    for package_set in sets:
        outdated = recorded.get(package_set.name) != package_set.digest(root)
        if outdated or (found and package_set is CHATTERBOX):
            found.append(package_set)
    return tuple(found)


def space_needed_mb(sets: Iterable[PackageSet]) -> int:
    """Megabytes that installing these sets takes at its peak: unpacked, plus the downloads, plus a tenth."""
    return round(1.1 * sum(package_set.download_mb + package_set.installed_mb for package_set in sets))


def free_mb(path: Path) -> int:
    """Free megabytes on the disk that holds the path, which need not exist yet."""
    existing = path
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    return shutil.disk_usage(existing).free // 1_000_000
