"""Chatterbox: Resemble AI's speech models, decoded and rendered by this program's own code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from exceptions import ModelLoadError

if TYPE_CHECKING:
    from speech.engines.chatterbox.checkpoints import Checkpoint
    from speech.engines.chatterbox.engine import ChatterboxEngine
    from speech.engines.protocol import ProgressReport
    from speech.engines.registry import EngineContext


def create(context: EngineContext) -> ChatterboxEngine:
    """Build from the configuration section ``models.options``; see `settings.ChatterboxSettings`.

    Raises:
        ConfigurationError: an unknown option, or a value out of range.
    """
    from speech.engines.chatterbox.checkpoints import checkpoint, find
    from speech.engines.chatterbox.choice import on_disk
    from speech.engines.chatterbox.downloads import download, hub_fetch
    from speech.engines.chatterbox.engine import ChatterboxEngine
    from speech.engines.chatterbox.settings import read_settings

    def fetch(repository: str, file: str, revision: str, arrived: Callable[[int], None]) -> Path:
        return context.retry(lambda: hub_fetch(repository, file, revision, arrived))

    def locate(wanted: Checkpoint, report: ProgressReport | None) -> Path:
        folder = find(wanted.name, context.local_dir)
        if folder is not None:
            return folder
        if not context.allow_hub:
            raise ModelLoadError(
                f"The Chatterbox model {wanted.name} is not on this machine, and models.allow_hub forbids a download."
            )
        return download(wanted.name, report, fetch)

    settings = read_settings(context.options)
    name = settings.model if settings.model != "auto" else on_disk(context.local_dir) or "english"
    return ChatterboxEngine(checkpoint(name), settings, locate, context.voices_dir, context.cache_dir, context.threads)
