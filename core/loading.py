"""The models on their way into memory: loaded once in the background, and whether requests are answered meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeAlias

from core.results import Readiness
from exceptions import ChatterboxError, ModelLoadError

Report: TypeAlias = Callable[[str, float], None]
"""Told what is being done, as a sentence, and how much of it is done, from 0 to 1."""

_LOADED = Readiness("ready", "The models are loaded.")


class ModelLoading:
    """Runs `load` in a thread and keeps the state that follows from it; every method may be called from any thread.

    Args:
        load: loads all models; raises ``ChatterboxError`` if it cannot.
    """

    def __init__(self, load: Callable[[Report], None]) -> None:
        self._load = load
        self._started = threading.Lock()
        self._thread: threading.Thread | None = None
        self.readiness = Readiness("starting", "The models are being loaded.")

    def start(self, report: Report | None = None) -> None:
        """Begin, and return at once; further calls do nothing."""
        with self._started:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, args=(report,), name="model-loader", daemon=True)
                self._thread.start()

    def wait(self, timeout: float) -> Readiness:
        """The state once the models are loaded, or after `timeout` seconds."""
        self.start()
        if self._thread is not None:
            self._thread.join(timeout)
        return self.readiness

    def stop(self) -> None:
        """Answer no more requests."""
        self.readiness = Readiness("stopping", "The service is stopping.")

    def proven(self) -> None:
        """A request was answered: a failure before is over, since the engine loads again at each request."""
        if self.readiness.state == "failed":
            self.readiness = _LOADED

    def _run(self, report: Report | None) -> None:
        def tell(sentence: str, share: float) -> None:
            # A download of gigabytes is seen by whoever asks whether the service is ready.
            if self.readiness.state == "starting":
                self.readiness = Readiness("starting", f"{sentence} ({share:.0%}).")
            if report is not None:
                report(sentence, share)

        try:
            self._load(tell)
        except ModelLoadError as error:
            state = Readiness("failed", error.message)
        except ChatterboxError as error:
            state = Readiness("failed", f"The models could not be loaded: {error.message}")
        else:
            state = _LOADED
        if self.readiness.state == "starting":
            self.readiness = state
