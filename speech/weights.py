"""Where model files come from: a local folder, installed packages or the model hub; SHA-256 decides."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from exceptions import ModelLoadError
from speech.atomic_file import read_blocks, write_atomically
from speech.engines.protocol import ProgressReport
from speech.retry import Retry, once

Source = Literal["local", "package", "cache", "hub", "none"]


@dataclass(frozen=True)
class PackagePart:
    """One piece of a file inside an installed package.

    Attributes:
        package: importable name.
        path: of the piece, relative to the package's folder.
    """

    package: str
    path: str


@dataclass(frozen=True)
class WeightFile:
    """A model file, known by its content.

    Attributes:
        name: ``folder/file``, unique; also its place below the local and the cache folder.
        sha256: hex digest of the whole file.
        size: in bytes.
        parts: pieces in installed packages, in order; empty if no package carries it.
        hub_repo: repository on the model hub, empty if none carries exactly this file.
        hub_file: its path there.
        hub_revision: commit.
    """

    name: str
    sha256: str
    size: int
    parts: tuple[PackagePart, ...] = ()
    hub_repo: str = ""
    hub_file: str = ""
    hub_revision: str = ""


@dataclass(frozen=True)
class WeightStatus:
    """What is known of a model file without downloading anything.

    Attributes:
        name: of the `WeightFile`.
        source: where `WeightStore.path` would take it from.
        present: whether it is on this machine.
        verified: whether the bytes on this machine have the expected hash.
        sentence: the same for people.
    """

    name: str
    source: Source
    present: bool
    verified: bool
    sentence: str


class WeightStore:
    """Finds model files and hands out paths to verified ones; thread-safe.

    A file in the local folder wins over installed packages, those over the hub. Whatever the source, the
    file's SHA-256 is compared before its path is handed out, once per process for each state of a file.

    Args:
        cache_dir: where files assembled from several package parts are kept; made when needed.
        local_dir: folder of the operator with files placed by `WeightFile.name`.
        allow_hub: whether missing files may be downloaded.
        retry: how downloads are tried again.
    """

    def __init__(
        self, cache_dir: Path, local_dir: Path | None = None, allow_hub: bool = True, retry: Retry = once
    ) -> None:
        self.cache_dir = cache_dir
        self.local_dir = local_dir
        self.allow_hub = allow_hub
        self.retry = retry
        self._lock = threading.Lock()

    def path(self, weight: WeightFile, report: ProgressReport | None = None) -> Path:
        """Path of the verified file.

        Raises:
            ModelLoadError: missing everywhere, or damaged where it was found.
            DiskFullError: no room to assemble it.
        """
        with self._lock:
            local = self._local(weight)
            if local is not None:
                _verify(local, weight, "in the local model folder", "Replace or remove it")
                return local
            parts = _find_parts(weight)
            if parts is not None:
                return self._from_parts(weight, parts, report)
            return self._from_hub(weight, report)

    def folder(self, weights: Sequence[WeightFile], report: ProgressReport | None = None) -> Path:
        """A folder that holds all of `weights` under their own file names, verified.

        Files that their sources keep in different folders are copied into the cache.

        Raises:
            ModelLoadError: as `path`.
            DiskFullError: as `path`.
        """
        paths = [self.path(weight, report) for weight in weights]
        parents = {path.parent for path in paths}
        if len(parents) == 1:
            return parents.pop()
        with self._lock:
            for weight, path in zip(weights, paths, strict=True):
                target = self.cache_dir / weight.name
                if path != target and not _matches(target, weight):
                    _store(target, read_blocks(path), weight)
        return self.cache_dir / Path(weights[0].name).parent

    def status(self, weight: WeightFile) -> WeightStatus:
        """Where the file would come from and whether it is sound; reads it, downloads nothing."""
        local = self._local(weight)
        if local is not None:
            return _status(weight, "local", _matches(local, weight), "the local model folder")
        try:
            parts = _find_parts(weight)
        except ModelLoadError as error:
            return WeightStatus(weight.name, "package", False, False, error.message)
        cached = self.cache_dir / weight.name
        if parts is not None and len(parts) > 1 and _matches(cached, weight):
            return _status(weight, "cache", True, "the cache, assembled from installed packages")
        if parts is not None:
            sound = _matches(parts[0], weight) if len(parts) == 1 else _digest_of(parts) == weight.sha256
            return _status(weight, "package", sound, "the installed packages")
        if weight.hub_repo and self.allow_hub:
            sentence = f"{weight.name} is not on this machine; it would be downloaded from {weight.hub_repo}."
            return WeightStatus(weight.name, "hub", False, False, sentence)
        return WeightStatus(weight.name, "none", False, False, _missing(weight, self.allow_hub))

    def _local(self, weight: WeightFile) -> Path | None:
        if self.local_dir is None:
            return None
        path = self.local_dir / weight.name
        return path if path.is_file() else None

    def _from_parts(self, weight: WeightFile, parts: list[Path], report: ProgressReport | None) -> Path:
        packages = ", ".join(part.package for part in weight.parts)
        remedy = f"Install {packages} again"
        if len(parts) == 1:
            _verify(parts[0], weight, "in its installed package", remedy)
            return parts[0]
        target = self.cache_dir / weight.name
        if not _matches(target, weight):
            _store(target, _reported(parts, weight, report), weight, remedy)
        return target

    def _from_hub(self, weight: WeightFile, report: ProgressReport | None) -> Path:
        if not (weight.hub_repo and self.allow_hub):
            raise ModelLoadError(_missing(weight, self.allow_hub))
        if report is not None:
            report(f"Downloading {weight.name}", 0.0)
        path = self.retry(lambda: _download(weight))
        _verify(path, weight, "from the model hub", "Delete it from the hub's cache and try again")
        return path


def _store(target: Path, blocks: Iterable[bytes], weight: WeightFile, remedy: str = "Try again") -> None:
    try:
        written = write_atomically(target, blocks, weight.sha256)
    except OSError as error:
        raise ModelLoadError(f"{weight.name} cannot be put in the model cache: {error.strerror}.") from error
    if written is None:
        raise ModelLoadError(
            f"The packaged parts of {weight.name} are damaged (together they do not have the SHA-256 "
            f"{weight.sha256[:12]}). {remedy}."
        )


def _reported(parts: list[Path], weight: WeightFile, report: ProgressReport | None) -> Iterator[bytes]:
    done = 0
    for part in parts:
        if report is not None:
            report(f"Assembling {weight.name}", min(done / weight.size, 1.0))
        for block in read_blocks(part):
            done += len(block)
            yield block


def _find_parts(weight: WeightFile) -> list[Path] | None:
    """Paths of all parts, or ``None`` if there are none or a package is not installed.

    A package that is installed without its part counts as installed: its absence is damage, not choice.
    """
    found: list[Path] = []
    for part in weight.parts:
        # For a top-level name this reads the finder's answer and runs none of the package's code.
        spec = importlib.util.find_spec(part.package)
        folders = list(spec.submodule_search_locations or []) if spec is not None else []
        if not folders:
            return None
        path = Path(folders[0]) / part.path
        if not path.is_file():
            raise ModelLoadError(
                f"The installed package {part.package} lacks its file {part.path}. Install {part.package} again."
            )
        found.append(path)
    return found or None


def _download(weight: WeightFile) -> Path:
    try:
        import huggingface_hub
        from huggingface_hub.errors import HfHubHTTPError
    except ImportError as error:
        raise ModelLoadError(_missing(weight, False)) from error
    try:
        return Path(huggingface_hub.hf_hub_download(weight.hub_repo, weight.hub_file, revision=weight.hub_revision))
    except (HfHubHTTPError, OSError, ValueError, RuntimeError) as error:
        raise ModelLoadError(
            f"{weight.name} is not on this machine and could not be downloaded from {weight.hub_repo} on the "
            f"model hub ({type(error).__name__}). {_remedy(weight)}."
        ) from error


def _remedy(weight: WeightFile) -> str:
    place = f"place it as {weight.name} in the local model folder"
    if not weight.parts:
        return place[0].upper() + place[1:]
    packages = ", ".join(dict.fromkeys(part.package.replace("_", "-") for part in weight.parts))
    return f"Install {packages}, or {place}"


def _missing(weight: WeightFile, allow_hub: bool) -> str:
    hub = " and the model hub may not be used" if weight.hub_repo and not allow_hub else ""
    return f"{weight.name} is not on this machine{hub}. {_remedy(weight)}."


def _status(weight: WeightFile, source: Source, sound: bool, where: str) -> WeightStatus:
    word = "sound" if sound else f"damaged (its SHA-256 should begin {weight.sha256[:12]})"
    return WeightStatus(weight.name, source, True, sound, f"{weight.name} from {where} is {word}.")


def _verify(path: Path, weight: WeightFile, where: str, remedy: str) -> None:
    actual = file_sha256(path)
    if actual != weight.sha256:
        raise ModelLoadError(
            f"{weight.name} {where} is damaged: its SHA-256 begins {actual[:12]}, not {weight.sha256[:12]}. {remedy}.",
            detail={"file": weight.name, "expected": weight.sha256, "actual": actual},
        )


def _matches(path: Path, weight: WeightFile) -> bool:
    try:
        return path.stat().st_size == weight.size and file_sha256(path) == weight.sha256
    except (OSError, ModelLoadError):
        return False


def file_sha256(path: Path) -> str:
    """Hex SHA-256 of a file, computed once per process for each (path, size, modification time).

    Raises:
        ModelLoadError: the file cannot be read.
    """
    try:
        state = path.stat()
        return _sha256(path, state.st_size, state.st_mtime_ns)
    except OSError as error:
        raise ModelLoadError(f"{path.name} cannot be read: {error.strerror}.") from error


@functools.lru_cache(maxsize=256)
def _sha256(path: Path, _size: int, _mtime_ns: int) -> str:
    return _digest_of([path])


def _digest_of(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        for block in read_blocks(path):
            digest.update(block)
    return digest.hexdigest()
