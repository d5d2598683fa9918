"""Settings of the speech models."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from config_sections.section import Section


class ModelSettings(Section):
    """Which engine speaks and where its files come from."""

    engine: str = "auto"
    """`auto`, `chatterbox`, `embedded`, `tone` (makes tones for tests, never chosen by auto) or a plug-in's name."""
    device: str = Field("auto", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")
    """Where Chatterbox runs: `auto` takes a GPU where one is, else `cpu`, `cuda`, `cuda:1`, `mps`."""
    local_dir: Path | None = None
    """Folder of model files under the names that `start.py models list` shows; looked at first."""
    allow_hub: bool = True
    """Whether a model file that neither the local folder nor a package has may be downloaded."""
    threads: int = Field(0, ge=0, le=256)
    """Processor threads of the speech model; 0 means all cores."""
    idle_unload_minutes: float = Field(0.0, ge=0.0, le=10_080.0)
    """Minutes without a request after which the speech model leaves memory; the next one loads it. 0 for never."""
    call_timeout_seconds: float = Field(300.0, gt=0.0)
    """Seconds after which a chunk under way counts as stuck; an engine that never comes back ends the process."""
    preload_models: bool = True
    """Load the models at start rather than at the first request."""
    options: dict[str, str | int | float | bool] = Field({})
    """Settings of the chosen engine itself: for embedded `variant`, for chatterbox those in docs/chatterbox.md."""
