"""What has to be done for jobs from time to time: dead workers, full disks, webhooks, old jobs, stray audio."""

from __future__ import annotations

import contextlib
import logging
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from exceptions import ConflictError
from jobs.owners import is_dead
from jobs.queue import WorkQueue
from jobs.store import JobStore
from jobs.stray_files import DAY_SECONDS
from jobs.webhooks import next_attempt

log = logging.getLogger("chatterbox.jobs")

ROUND_SECONDS: Final = 10.0
SWEEP_SECONDS: Final = 3600.0
"""Between two looks for files that no job uses."""
ROOM_BYTES: Final = 256 << 20
"""Free space with which jobs go on that a full disk had paused."""


class Housekeeper:
    """Goes round in a thread of its own from `start` to `close`.

    Args:
        store: of the jobs.
        queue: whose dead owners are found.
        sweep: removes files that no job uses.
        folders: in which there has to be room.
        retention_days: after the end of a job.
        forget: deletes a job with its audio.
        resume: lets a paused job go on.
        tell: tells an address of the end of a job, both given; whether it listened.
    """

    def __init__(
        self,
        store: JobStore,
        queue: WorkQueue,
        sweep: Callable[[], object],
        folders: Sequence[Path],
        retention_days: float,
        forget: Callable[[str], object],
        resume: Callable[[str], object],
        tell: Callable[[str, str], bool],
    ) -> None:
        self._store = store
        self._queue = queue
        self._sweep = sweep
        self._folders = folders
        self._retention = retention_days * DAY_SECONDS
        self._forget = forget
        self._resume = resume
        self._tell = tell
        self._next_sweep = 0.0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="job-keeper", daemon=True)

    def start(self) -> None:
        """Begin to go round; the first round is made before this returns."""
        self.go_round()
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(ROUND_SECONDS)

    def go_round(self) -> None:
        """Do everything once."""
        self._queue.release_dead(is_dead)
        if all(shutil.disk_usage(folder).free >= ROOM_BYTES for folder in self._folders):
            for job_id in self._store.paused_for("disk_full"):
                with contextlib.suppress(ConflictError):
                    self._resume(job_id)

        for job_id, url, attempts in self._store.webhooks_due():
            told = self._tell(job_id, url)
            self._store.plan_webhook(job_id, attempts + 1, None if told else next_attempt(attempts + 1))
        for job_id in self._store.ended_before(time.time() - self._retention):
            self._forget(job_id)
        if time.monotonic() >= self._next_sweep:
            self._sweep()
            self._next_sweep = time.monotonic() + SWEEP_SECONDS

    def _run(self) -> None:
        while not self._closing.wait(ROUND_SECONDS):
            try:
                self.go_round()
            except Exception:
                log.exception("the keeper of the jobs failed and goes on")
