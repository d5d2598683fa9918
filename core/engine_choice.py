"""Chooses the engine and the validator that the settings ask for, with the reason in words."""

from __future__ import annotations

from dataclasses import dataclass

from config import Settings
from core.validators import ValidatorPool
from exceptions import ConfigurationError
from speech.engines.chatterbox.choice import examine
from speech.engines.protocol import Engine
from speech.engines.registry import BUILT_IN, EngineContext, create_engine
from speech.retry import Retry, once
from speech.validation.protocol import Validator


@dataclass(frozen=True)
class ChosenEngine:
    """An engine and why it was taken."""

    engine: Engine
    reason: str


def build_engine(settings: Settings, retry: Retry = once) -> ChosenEngine:
    """Create the engine of ``models.engine``; nothing is loaded.

    Args:
        settings: name the engine, its device and its options.
        retry: how downloads are tried again.

    Raises:
        ConfigurationError: no engine has that name, or it does not run on that device.
    """
    name, reason = settings.models.engine, "named in models.engine"
    if name == "auto":
        found = examine(settings.models.local_dir, settings.models.allow_hub, settings.models.device != "cpu")
        name = "chatterbox" if found.suitable else "embedded"
        reason = f"models.engine is auto, and {found.reason}"
    return ChosenEngine(create_engine(name, _context(settings, name, retry)), reason)


def build_validators(settings: Settings, engine: Engine, retry: Retry = once) -> ValidatorPool:
    """The configured validator and a maker of others; without any if checking is off or the engine makes no speech."""

    def make(backend: str, model: str) -> Validator:
        from speech.validation import create_validator

        return create_validator(
            backend=backend,
            model=model,
            cache_dir=settings.paths.models_dir,
            local_dir=settings.models.local_dir,
            allow_hub=settings.models.allow_hub,
            threads=settings.validation.threads,
            device=settings.validation.device,
            retry=retry,
        )

    checking = settings.validation
    wanted = checking.enabled and engine.capabilities.engine != "tone"
    return ValidatorPool(make(checking.backend, checking.model) if wanted else None, checking.backend, make)


def _context(settings: Settings, name: str, retry: Retry) -> EngineContext:
    options, device = settings.models.options, settings.models.device
    if name == "chatterbox":
        options = {"device": device, **options}
    elif name in BUILT_IN and device not in ("auto", "cpu"):
        raise ConfigurationError(f"The engine {name!r} runs on the CPU only, not on {device!r}.", field="models.device")
    return EngineContext(
        cache_dir=settings.paths.models_dir,
        local_dir=settings.models.local_dir,
        allow_hub=settings.models.allow_hub,
        threads=settings.models.threads,
        options=options,
        voices_dir=settings.paths.reference_audio_dir,
        retry=retry,
    )
