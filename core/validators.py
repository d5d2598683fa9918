"""The validators of this service: the configured one, and others that a request asks for by name."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from api_models import TTSRequest
from exceptions import ConfigurationError, ModelLoadError
from speech.engines.protocol import ProgressReport
from speech.validation.protocol import Validator

OTHERS_KEPT = 1
"""Models beside the configured one that stay in memory; a large one takes several gigabytes."""
RETRY_SECONDS = 600.0
"""How long a model that could not be had is not looked for again."""

Maker = Callable[[str, str], Validator]
"""Makes a validator from backend and model name; nothing is loaded."""


@dataclass(frozen=True)
class ValidatorChoice:
    """A validator, and in words why it is not the one that was asked for (empty if it is)."""

    validator: Validator | None
    instead: str = ""


class ValidatorPool:
    """Hands out loaded validators; every method may be called from any thread.

    Attributes:
        configured: as given.
        loaded: whether the configured one is in memory.

    Args:
        configured: the one of the settings; ``None`` where checking is off or the engine makes no speech.
        backend: its backend.
        make: builds others.
    """

    def __init__(self, configured: Validator | None, backend: str, make: Maker) -> None:
        self.configured = configured
        self._backend = backend
        self._make = make
        self._lock = threading.Lock()
        self._others: OrderedDict[tuple[str, str], Validator] = OrderedDict()
        self._failed: dict[tuple[str, str], tuple[float, str]] = {}
        self.loaded = False

    @classmethod
    def of_one(cls, validator: Validator) -> ValidatorPool:
        """A pool that has no other."""

        def refuse(backend: str, model: str) -> Validator:
            raise ConfigurationError(f"Only {validator.name} checks takes here.")

        return cls(validator, "faster-whisper", refuse)

    def choose(self, model: str, *, faster_whisper: bool) -> ValidatorChoice:
        """The validator with that model, or the configured one and why.

        Args:
            model: as requests name it; ``auto`` is the configured one.
            faster_whisper: false asks for the openai-whisper backend.
        """
        backend = self._backend if faster_whisper else "openai-whisper"
        if self.configured is None:
            return ValidatorChoice(None)
        if (model == "auto" and backend == self._backend) or self.configured.name == f"{backend} {model}":
            self.load()
            return ValidatorChoice(self.configured)
        key = (backend, "base" if model == "auto" else model)
        with self._lock:
            return self._other(key)

    def load(self, report: ProgressReport | None = None) -> None:
        """Bring the configured one into memory, if there is one. Raises ``ModelLoadError``."""
        if self.configured is not None:
            self.configured.load(report)
            self.loaded = True

    def unload(self) -> None:
        """Free the memory of all; a check that needs one loads it again."""
        with self._lock:
            others, self._others = list(self._others.values()), OrderedDict()
            self.loaded = False
        for validator in (self.configured, *others):
            if validator is not None:
                validator.unload()

    def _other(self, key: tuple[str, str]) -> ValidatorChoice:
        failed = self._failed.get(key)
        if failed is not None and time.monotonic() - failed[0] < RETRY_SECONDS:
            return ValidatorChoice(self.configured, failed[1])
        try:
            validator = self._others.get(key) or self._make(*key)
            validator.load()
        except (ConfigurationError, ModelLoadError) as error:
            self._failed[key] = (time.monotonic(), error.message)
            return ValidatorChoice(self.configured, error.message)
        self._others[key] = validator
        self._others.move_to_end(key)
        while len(self._others) > OTHERS_KEPT:
            self._others.popitem(last=False)[1].unload()
        return ValidatorChoice(validator)


def validator_for(pool: ValidatorPool, request: TTSRequest, language: str) -> ValidatorChoice:
    """Who checks the takes of a request in this language: nobody if it asks for that, or nobody knows the language."""
    if request.bypass_whisper_checking:
        return ValidatorChoice(None)
    choice = pool.choose(request.whisper_model_name, faster_whisper=request.use_faster_whisper)
    knows = choice.validator is not None and language.split("-")[0] in choice.validator.languages
    return choice if knows else ValidatorChoice(None, choice.instead)
