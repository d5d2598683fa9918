"""The models in memory: loaded once, unloaded and loaded on request, and what readiness says of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures import wait as wait_for
from typing import TypeAlias

from config import Settings
from config_sections.error_handling import ModelLoading
from core.operations import Ended, Operation, OperationEvent, Operations
from core.results import Readiness
from core.validators import ValidatorPool
from exceptions import ChatterboxError, ConflictError, ModelLoadError, ResourceNotFoundError
from speech.engines.protocol import Engine, ProgressReport
from speech.lane import Lane

SPEECH = "tts"
WHISPER = "whisper"
USES = ("model_load", "tts", "vc")
"""Operations that succeed only with a model that works."""
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
        loading: how long a load may show no progress.
    """

    def __init__(self, lane: Lane, validators: ValidatorPool, operations: Operations, loading: ModelLoading) -> None:
        self._lane = lane
        self._validators = validators
        self._operations = operations
        self._operations.watch(self._note)
        self._loading = loading
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

    def load(self, name: str, report: LoadReport | None = None) -> None:
        """Bring a model into memory and wait for it, telling `report` how far it is; does nothing if it is there.

        Raises:
            ResourceNotFoundError: no model has that name here.
            ModelLoadError: files missing or damaged, or no progress for too long.
        """
        self._require(name)
        with self._operations.operation("model_load"):
            self._bring_in(name, report)

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
        unloaded = self._lane.unload()
        try:
            unloaded.result(UNLOAD_SECONDS)
        except FutureTimeoutError as error:
            unloaded.cancel()
            raise ConflictError("The model is at work; it can be unloaded when no request is under way.") from error

    def stop(self) -> None:
        """Say that the service is stopping."""
        self._state = Readiness("stopping", "The service is stopping.")

    @property
    def _names(self) -> tuple[str, ...]:
        return (SPEECH, *([WHISPER] if self._validators.configured is not None else []))

    def _require(self, name: str) -> None:
        if name not in self._names:
            raise ResourceNotFoundError(f"There is no model {name!r} here.", field="name")

    def _note(self, operation: Operation, event: OperationEvent) -> None:
        """When a model has done what it is for, and had failed before, someone mended it."""
        succeeded = isinstance(event, Ended) and event.error is None and operation.kind in USES
        if succeeded and self._state.state == "failed":
            self._state = Readiness("ready", "The models are loaded.")

    def _bring_in(self, name: str, report: ProgressReport | None = None) -> None:
        """Load a model and wait as long as it shows progress."""
        patience = _Patience(self._loading.loading_timeout_seconds, report)
        if name == SPEECH:
            patience.wait(self._lane.load(patience.report))
        else:
            patience.wait(_in_a_thread(lambda: self._validators.load(patience.report)))

    def _load_all(self, report: LoadReport | None) -> None:
        def tell(sentence: str, share: float) -> None:
            # A download of gigabytes is seen by whoever asks whether the service is ready.
            if self._state.state == "starting":
                self._state = Readiness("starting", f"{sentence} ({share:.0%}).")
            if report is not None:
                report(sentence, share)

        try:
            with self._operations.operation("model_load"):
                for name in self._names:
                    self._bring_in(name, tell)
        except ModelLoadError as error:
            state = Readiness("failed", error.message)
        except ChatterboxError as error:
            state = Readiness("failed", f"The models could not be loaded: {error.message}")
        else:
            state = Readiness("ready", "The models are loaded.")
        if self._state.state == "starting":
            self._state = state


class _Patience:
    """Waits for a load as long as it shows progress.

    Args:
        seconds: longest time without; 0 for no limit.
        told: of the progress, too.
    """

    def __init__(self, seconds: float, told: ProgressReport | None) -> None:
        self._seconds = seconds or threading.TIMEOUT_MAX
        self._told = told
        self._since = time.monotonic()

    def report(self, sentence: str, share: float) -> None:
        """Take note of progress."""
        self._since = time.monotonic()
        if self._told is not None:
            self._told(sentence, share)

    def wait(self, load: Future[None]) -> None:
        """Wait for the end. Raises what the load raises, and ``ModelLoadError`` after the longest time."""
        while not load.done():
            left = self._since + self._seconds - time.monotonic()
            if left <= 0:
                raise ModelLoadError(f"A model shows no progress in loading for {self._seconds:g} s.")
            wait_for([load], min(left, threading.TIMEOUT_MAX))
        load.result()


def _in_a_thread(load: Callable[[], None]) -> Future[None]:
    done: Future[None] = Future()

    def run() -> None:
        try:
            load()
        except Exception as error:  # noqa: BLE001  the caller gets it, whatever it is
            done.set_exception(error)
        else:
            done.set_result(None)

    threading.Thread(target=run, name="model-loader", daemon=True).start()
    return done


def build_lane(settings: Settings, engine: Engine) -> Lane:
    """A lane in which the chunks of as many requests as are worked on together have room."""
    chunks_each = 1 + TAKES_AT_ONCE + max(1, engine.capabilities.max_batch)
    depth = settings.server.max_concurrent_requests * chunks_each
    models = settings.models
    return Lane(engine, depth, models.idle_unload_minutes * 60, models.call_timeout_seconds)
