"""Finds engines by name: the built-in ones and those that installed packages announce."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from exceptions import ConfigurationError
from speech.engines.protocol import Engine
from speech.retry import Retry, once

ENTRY_POINT_GROUP = "chatterbox_extended.engines"
"""Group under which a package announces ``name = "module:factory"``."""

BUILT_IN = {
    "chatterbox": "speech.engines.chatterbox:create",
    "embedded": "speech.engines.embedded:create",
    "tone": "speech.engines.tone:create",
}


@dataclass(frozen=True)
class EngineContext:
    """What a factory gets to build its engine with.

    Attributes:
        cache_dir: where prepared models may be kept.
        local_dir: folder of model files named by the operator, looked at first.
        allow_hub: whether missing files may be downloaded from the model hub.
        threads: processor threads for the model, 0 for all cores.
        options: the engine's own section of the configuration.
        voices_dir: folder of reference recordings, for engines that clone.
        retry: how downloads are tried again.
    """

    cache_dir: Path
    local_dir: Path | None
    allow_hub: bool
    threads: int
    options: Mapping[str, Any]
    voices_dir: Path | None = None
    retry: Retry = once


Factory = Callable[[EngineContext], Engine]


def engine_names() -> tuple[str, ...]:
    """Names of all engines that can be created, built-in ones first."""
    plugged = (point.name for point in entry_points(group=ENTRY_POINT_GROUP))
    return (*BUILT_IN, *sorted(name for name in plugged if name not in BUILT_IN))


def create_engine(name: str, context: EngineContext) -> Engine:
    """Build the named engine without loading its model.

    Raises:
        ConfigurationError: no engine has this name, or its package is broken.
    """
    if name in BUILT_IN:
        module, _, attribute = BUILT_IN[name].partition(":")
        factory: Factory = getattr(import_module(module), attribute)
        return factory(context)
    points = [point for point in entry_points(group=ENTRY_POINT_GROUP) if point.name == name]
    if not points:
        raise ConfigurationError(
            f"No engine is named {name!r}; there are: {', '.join(engine_names())}.", field="models.engine"
        )
    return _plugged_factory(points[0])(context)


def _plugged_factory(point: EntryPoint) -> Factory:
    try:
        factory: Factory = point.load()
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(
            f"The engine {point.name!r} is announced by an installed package but cannot be imported: {error}.",
            field="models.engine",
        ) from error
    return factory
