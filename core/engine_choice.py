"""Chooses the engine and the validator that the settings ask for, with the reason in words."""

from __future__ import annotations

from dataclasses import dataclass

from config import Settings
from core.validators import ValidatorPool
from speech.engines.chatterbox.choice import examine
from speech.engines.protocol import Engine
from speech.engines.registry import EngineContext, create_engine
from speech.validation.protocol import Validator


@dataclass(frozen=True)
class ChosenEngine:
    """An engine and why it was taken."""

    engine: Engine
    reason: str


def build_engine(settings: Settings) -> ChosenEngine:
    """Create the engine of ``models.engine``; nothing is loaded.

    Raises:
        ConfigurationError: no engine has that name.
    """
    name, reason = settings.models.engine, "named in models.engine"
    if name == "auto":
        found = examine(settings.models.local_dir, settings.models.allow_hub)
        name = "chatterbox" if found.suitable else "embedded"
        reason = f"models.engine is auto, and {found.reason}"
    return ChosenEngine(create_engine(name, _context(settings)), reason)


def build_validators(settings: Settings, engine: Engine) -> ValidatorPool:
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
        )

    checking = settings.validation
    wanted = checking.enabled and engine.capabilities.engine != "tone"
    return ValidatorPool(make(checking.backend, checking.model) if wanted else None, checking.backend, make)


def _context(settings: Settings) -> EngineContext:
    return EngineContext(
        cache_dir=settings.paths.models_dir,
        local_dir=settings.models.local_dir,
        allow_hub=settings.models.allow_hub,
        threads=settings.models.threads,
        options=settings.models.options,
        voices_dir=settings.paths.reference_audio_dir,
    )
