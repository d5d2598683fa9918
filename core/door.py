"""The door of the core: who is taken in, who waits in front of it, and until when."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager

from config import Settings
from core.models import Models
from exceptions import ChatterboxError, NotReadyError
from library.disk import require_free
from speech.admission import Admission, Place, Work
from speech.cancel import CancelToken
from speech.progress import Observer


class Door:
    """Every method may be called from any thread.

    Args:
        settings: say how many are inside and how many wait, and the floor of the disk.
        models: tell when the service is stopping.
    """

    def __init__(self, settings: Settings, models: Models) -> None:
        self._settings = settings
        self._models = models
        self._admission = Admission(settings.server.max_concurrent_requests, settings.server.max_waiting_requests)

    @property
    def present(self) -> int:
        """Requests inside or waiting."""
        return self._admission.present

    def token(self, given: CancelToken | None) -> CancelToken:
        """What stops a request: its own token, or one with the configured time limit."""
        return given or CancelToken(time.monotonic() + self._settings.server.request_timeout_seconds)

    def refuse_overload(self) -> None:
        """Refuse new work before anything is done for it.

        Raises:
            NotReadyError, QueueFullError, DiskFullError: stopping; as many wait as may; the disk is below its floor.
        """
        if self._models.readiness.state == "stopping":
            raise NotReadyError("The service is stopping.")
        self._admission.refuse_if_full()
        for folder in (self._settings.paths.output_dir, self._settings.paths.temp_dir):
            require_free(folder, self._settings.server.min_free_disk_mb)

    def enter(self, token: CancelToken, work: Work, observer: Observer) -> AbstractContextManager[Place]:
        """Wait for a place; see `Admission.enter`."""
        return self._admission.enter(token, work, observer)

    def cancel_all(self, reason: ChatterboxError) -> None:
        """Cancel every request that is present, for that reason."""
        self._admission.cancel_all(reason)
