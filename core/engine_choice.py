"""Chooses the engine and the validator that the settings ask for, with the reason in words."""

from __future__ import annotations

from dataclasses import dataclass

from cluster.deployment import EngineRecipe
from cluster.engine import on_cluster
from cluster.replicas import Replicas
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
    """Create the engine of ``models.engine``, which speaks here or on the replicas of a cluster; nothing is loaded.

    Args:
        settings: name the engine, its device and its options.
        retry: how downloads are tried again.

    Raises:
        ConfigurationError: no engine has that name, or it does not run on that device.
    """
    name, reason = _choice(settings)
    engine = create_engine(name, _context(settings, name, retry))
    if not settings.cluster.enabled:
        return ChosenEngine(engine, reason)
    replicas = Replicas(settings.cluster.head, settings.models.call_timeout_seconds)
    return ChosenEngine(on_cluster(engine, replicas, settings.cluster.max_replicas), f"{reason}; replicas speak")


def engine_recipe(settings: Settings) -> EngineRecipe:
    """How replicas of a cluster make the engine of ``models.engine``.

    Raises:
        ConfigurationError: no engine has that name, or it does not run on that device.
    """
    name, _ = _choice(settings)
    models = settings.models
    return EngineRecipe(
        name, _context(settings, name, once), models.call_timeout_seconds, models.idle_unload_minutes * 60
    )


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


def _choice(settings: Settings) -> tuple[str, str]:
    """The engine's name and why it is that one."""
    models = settings.models
    if models.engine != "auto":
        return models.engine, "named in models.engine"
    found = examine(models.local_dir, models.allow_hub, models.device != "cpu")
    return "chatterbox" if found.suitable else "embedded", f"models.engine is auto, and {found.reason}"


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
