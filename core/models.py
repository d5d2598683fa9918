"""The models in memory: loaded once, unloaded and loaded on request, and what readiness says of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TypeAlias

from config import Settings
from core.operations import Operations
from core.results import Readiness
from core.validators import ValidatorPool
from exceptions import ChatterboxError, ConflictError, ModelLoadError, ResourceNotFoundError
from speech.engines.protocol import Engine
from speech.lane import Lane

SPEECH = "tts"
WHISPER = "whisper"
UNLOAD_SECONDS = 5.0
"""How long an unload waits for the lane before it counts as in use."""

TAKES_AT_ONCE = 10
"""Most takes of one chunk that wait together: `num_candidates_per_chunk` of a policy that makes whole rounds."""

LoadReport: TypeAlias = Callable[[str, float], None]


class Models:
    """Every method may be called from any thread.

    Args:
        lane: has the speech model.
        validators: have the checking models.
        operations: are told of every load.
    """

    def __init__(self, lane: Lane, validators: ValidatorPool, operations: Operations) -> None:
        self._lane = lane
        self._validators = validators
        self._operations = operations
        self._state = Readiness("starting", "The models are being loaded.")
        self._started = threading.Lock()
        self._loader: threading.Thread | None = None

    @property
    def readiness(self) -> Readiness:
        """Whether requests are answered; a lost device counts whatever else there is to say."""
        return Readiness("failed", self._lane.lost) if self._lane.lost else self._state

    @property
    def loaded(self) -> dict[str, bool]:
        """What is in memory, by the names that `load` and `unload` take."""
        return {SPEECH: self._lane.loaded, WHISPER: self._validators.loaded}

    def start(self, report: LoadReport | None = None) -> None:
        """Begin to load all in the background and return at once; further calls do nothing."""
        with self._started:
            if self._loader is None:
                self._loader = threading.Thread(target=self._load_all, args=(report,), name="model-loader", daemon=True)
                self._loader.start()

    def wait_ready(self, timeout: float) -> Readiness:
        """Start if need be, wait up to `timeout` seconds and return the state."""
        self.start()
        if self._loader is not None:
            self._loader.join(timeout)
        return self.readiness

    def load(self, name: str) -> None:
        """Bring a model into memory and wait for it; does nothing if it is there.

        Raises:
            ResourceNotFoundError: no model has that name here.
            ModelLoadError: files missing or damaged.
        """
        self._require(name)
        with self._operations.operation("model_load"):
            if name == SPEECH:
                self._lane.load().result()
            else:
                self._validators.load()
        self.worked()

    def unload(self, name: str) -> None:
        """Free a model's memory; the next request that needs it loads it again.

        Raises:
            ResourceNotFoundError: no model has that name here.
            ConflictError: it is at work.
        """
        self._require(name)
        if name == WHISPER:
            self._validators.unload()
            return
        try:
            self._lane.unload().result(UNLOAD_SECONDS)
        except FutureTimeoutError as error:
            raise ConflictError("The model is at work; it can be unloaded when no request is under way.") from error

    def stop(self) -> None:
        """Say that the service is stopping."""
        self._state = Readiness("stopping", "The service is stopping.")

    def worked(self) -> None:
        """A model has just done what it is for: if it had failed before, someone mended it."""
        if self._state.state == "failed":
            self._state = Readiness("ready", "The models are loaded.")

    def _require(self, name: str) -> None:
        if name not in (SPEECH, *([WHISPER] if self._validators.configured is not None else [])):
            raise ResourceNotFoundError(f"There is no model {name!r} here.", field="name")

    def _load_all(self, report: LoadReport | None) -> None:
        def tell(sentence: str, share: float) -> None:
            # A download of gigabytes is seen by whoever asks whether the service is ready.
            if self._state.state == "starting":
                self._state = Readiness("starting", f"{sentence} ({share:.0%}).")
            if report is not None:
                report(sentence, share)

        try:
            with self._operations.operation("model_load"):
                self._lane.load(tell).result()
                self._validators.load(tell)
        except ModelLoadError as error:
            state = Readiness("failed", error.message)
        except ChatterboxError as error:
            state = Readiness("failed", f"The models could not be loaded: {error.message}")
        else:
            state = Readiness("ready", "The models are loaded.")
        if self._state.state == "starting":
            self._state = state


def build_lane(settings: Settings, engine: Engine) -> Lane:
    """A lane in which the chunks of as many requests as are worked on together have room."""
    chunks_each = 1 + TAKES_AT_ONCE + max(1, engine.capabilities.max_batch)
    depth = settings.server.max_concurrent_requests * chunks_each
    models = settings.models
    return Lane(engine, depth, models.idle_unload_minutes * 60, models.call_timeout_seconds)
