"""Looks after the folders: what they hold beside what they may hold, and clean-ups with their history."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import psutil

from config_sections import PathSettings
from config_sections.resource_management import CleanupSettings
from exceptions import ConflictError
from management.items import Item, items_in
from management.planning import ACTIONS, GIGABYTE, Contents, Removal, plan_removals
from speech.atomic_file import PARTIAL, sweep

log = logging.getLogger("chatterbox.management")

MEGABYTE = 1 << 20
HISTORY = 10
"""Clean-ups remembered."""
MOST_NAMES = 1000
"""File names that a report has for each rule."""


class ResourceManager:
    """Safe for every thread; walks folders, so not for the event loop.

    Args:
        paths: the folders.
        limits: of the folders.
        files_in_use: paths that somebody reads or writes, asked for before anything is removed.
        now: seconds since the epoch.
    """

    def __init__(
        self,
        paths: PathSettings,
        limits: CleanupSettings,
        files_in_use: Callable[[], Iterable[Path]] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.limits = limits
        self._paths = paths
        self._files_in_use = files_in_use or open_files
        self._now = now
        self._working = threading.Lock()
        self.history: deque[dict[str, Any]] = deque(maxlen=HISTORY)
        self.count = 0

    def clean_up(self, *, dry_run: bool = False, forced: bool = True) -> dict[str, Any]:
        """Plan, remove what the plan says unless `dry_run`, and report.

        Raises:
            ConflictError: a clean-up is going on.
        """
        if not self._working.acquire(blocking=False):
            raise ConflictError("A clean-up is going on already.")
        try:
            report = self._clean_up(dry_run, forced)
        finally:
            self._working.release()
        if not dry_run:
            self.history.appendleft(report)
            self.count += 1
        return report

    def usage(self) -> dict[str, Any]:
        """The folders beside their limits, and warnings about those that are nearly full."""
        contents = self._look()
        limits = self.limits
        directories = {
            "outputs": _by_size(contents.outputs, limits.output_dir_max_size_gb),
            "temp": _by_count(contents.temp, limits.temp_dir_max_files),
            "vc_inputs": _by_size(contents.vc_inputs, limits.vc_inputs_max_size_gb),
        }
        warnings = [
            f"The folder {name} is at {use['usage_percent']:.0f} % of its limit."
            for name, use in directories.items()
            if use["usage_percent"] >= limits.warning_threshold_percent
        ]
        return {"timestamp": _moment(self._now()), "directories": directories, "warnings": warnings}

    def empty_temp(self) -> None:
        """Remove what a stop leaves in the temporary folder, but for what somebody else has open."""
        in_use = self._in_use()
        for item in items_in(self._paths.temp_dir):
            if not item.kept and not in_use(item):
                _remove(item)

    def _clean_up(self, dry_run: bool, forced: bool) -> dict[str, Any]:
        started = self._now()
        if not dry_run:
            sweep(self._paths.output_dir.rglob(PARTIAL))
        plan = plan_removals(self._look(), self.limits, started, self._in_use())
        removed = plan if dry_run else [removal for removal in plan if self._apply(removal)]
        ended = self._now()
        report = {
            "timestamp": _moment(ended),
            "dry_run": dry_run,
            "forced": forced,
            "actions": {action: self._summary(action, removed) for action in ACTIONS},
            "total_files_removed": sum(len(removal.item.files) for removal in removed),
            "total_bytes_freed": sum(removal.item.size for removal in removed),
            "files_left": sum(len(removal.item.files) for removal in plan) - sum(len(r.item.files) for r in removed),
            "start_time": _moment(started),
            "end_time": _moment(ended),
            "duration_seconds": round(ended - started, 3),
        }
        log.info("clean-up", extra={"data": {key: report[key] for key in ("dry_run", "total_files_removed")}})
        return report

    def _apply(self, removal: Removal) -> bool:
        """Remove an item that is still as it was planned; whether it went."""
        for file in removal.item.files:
            try:
                status = file.path.stat()
            except OSError:
                return False
            if (status.st_size, status.st_mtime) != (file.size, file.modified):
                return False
        return _remove(removal.item)

    def _look(self) -> Contents:
        paths = self._paths
        return Contents(
            outputs=items_in(paths.output_dir),
            temp=items_in(paths.temp_dir),
            vc_inputs=items_in(paths.vc_input_dir),
            voices=items_in(paths.reference_audio_dir),
        )

    def _in_use(self) -> Callable[[Item], bool]:
        opened = {os.path.realpath(path) for path in self._files_in_use()}
        return lambda item: any(os.path.realpath(file.path) in opened for file in item.files)

    def _summary(self, action: str, removed: list[Removal]) -> dict[str, Any]:
        items = [removal.item for removal in removed if removal.action == action]
        names = [self._name(file.path) for item in items for file in item.files]
        return {
            "files_removed": len(names),
            "bytes_freed": sum(item.size for item in items),
            "files": names[:MOST_NAMES],
        }

    def _name(self, path: Path) -> str:
        """As clients know it: the kind of folder, and the place in it."""
        paths = self._paths
        folders = {
            "outputs": paths.output_dir,
            "temp": paths.temp_dir,
            "vc_inputs": paths.vc_input_dir,
            "reference_audio": paths.reference_audio_dir,
        }
        return next(
            f"{name}/{path.relative_to(folder).as_posix()}"
            for name, folder in folders.items()
            if path.is_relative_to(folder)
        )


def open_files() -> list[Path]:
    """Files that this process has open."""
    return [Path(file.path) for file in psutil.Process().open_files()]


def _remove(item: Item) -> bool:
    # Audio last: what is left of an interrupted removal is audio without its sidecar, never the reverse.
    for file in sorted(item.files, key=lambda file: file.path.suffix not in (".json", ".csv")):
        try:
            file.path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s cannot be removed: %s", file.path.name, error.strerror)
            return False
    return True


def _by_size(items: list[Item], gigabytes: float) -> dict[str, Any]:
    size = sum(item.size for item in items)
    return {
        **_held(items, size),
        "max_size_mb": round(gigabytes * 1024, 1),
        "usage_percent": round(size * 100 / (gigabytes * GIGABYTE), 1),
    }


def _by_count(items: list[Item], most: int) -> dict[str, Any]:
    held = _held(items, sum(item.size for item in items))
    percent = round(held["file_count"] * 100 / most, 1) if most else 100.0 * bool(items)
    return {**held, "max_files": most, "usage_percent": percent}


def _held(items: list[Item], size: int) -> dict[str, Any]:
    count = sum(len(item.files) for item in items)
    return {"size_bytes": size, "size_mb": round(size / MEGABYTE, 2), "file_count": count}


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds")
