"""The switches of the Chatterbox engine, read from the section ``models.options`` of the configuration."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from exceptions import ConfigurationError

ModelName = Literal["auto", "english", "multilingual", "multilingual-v3", "turbo", "nano"]
ArithmeticName = Literal["float32", "bfloat16", "int8"]

RANGES: dict[str, tuple[float, float]] = {
    "rows": (0, 64),
    "reference_seconds": (1.0, 10.0),
    "cfm_steps": (0, 100),
    "voices_mb": (0, 65_536),
    "prefixes_mb": (0, 65_536),
}
"""Least and greatest value of each number."""


@dataclass(frozen=True)
class ChatterboxSettings:
    """How the engine works; what changes the sound says so.

    Attributes:
        model: released model; ``auto`` takes the first that lies on disk, and english if none does.
        device: torch's name (``cpu``, ``cuda``, ``cuda:1``, ``mps``); ``auto`` takes CUDA or ROCm, then MPS, then CPU.
        rows: rows of the decoder, 0 for 8. A chunk takes two with guidance (English and multilingual with a
            ``cfg_weight`` above 0), else one.
        arithmetic: of the decoder. ``bfloat16`` is for CUDA, ``int8`` for the CPU; both change the audio, and a
            chunk then depends on its neighbours.
        graphs: replay CUDA graphs; never run on a GPU by us.
        reference_seconds: how much of a reference shapes the timbre. Less than 10 is faster and changes the audio.
        cfm_steps: steps from noise to sound, 0 for the package's number. Fewer are faster and change the audio.
        turbo_decoder: render the English model's speech tokens with Turbo's two-step decoder. Five times as fast on a
            CPU and changes the audio; needs Turbo's checkpoint too.
        watermark: mark all speech inaudibly, as the package does.
        voices_mb: megabytes of prepared voices kept in memory.
        prefixes_mb: megabytes of voices' decoder states kept on the device.
    """

    model: ModelName = "auto"
    device: str = "auto"
    rows: int = 0
    arithmetic: ArithmeticName = "float32"
    graphs: bool = False
    reference_seconds: float = 10.0
    cfm_steps: int = 0
    turbo_decoder: bool = False
    watermark: bool = True
    voices_mb: int = 256
    prefixes_mb: int = 512

    @property
    def sound(self) -> str:
        """What changes the sound, in a few words; empty if nothing does."""
        changed: list[str] = []
        if self.arithmetic != "float32":
            changed.append(self.arithmetic)
        if self.reference_seconds < 10.0:
            changed.append(f"{self.reference_seconds:g} s of reference")
        if self.cfm_steps:
            changed.append(f"{self.cfm_steps} steps")
        if self.turbo_decoder:
            changed.append("turbo decoder")
        if not self.watermark:
            changed.append("unmarked")
        return ", ".join(changed)


def read_settings(options: Mapping[str, Any]) -> ChatterboxSettings:
    """Settings from their section.

    Raises:
        ConfigurationError: an unknown name, a wrong type or a value out of range; names the field.
    """
    known = get_type_hints(ChatterboxSettings)
    for name, value in options.items():
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else f"; it has: {', '.join(known)}."
            raise ConfigurationError(f"The chatterbox engine has no option {name!r}{hint}", field="models.options")
        _check(name, value, known[name])
    values = {item.name: options.get(item.name, item.default) for item in fields(ChatterboxSettings)}
    settings = ChatterboxSettings(**values)
    if settings.turbo_decoder and settings.model not in ("auto", "english"):
        raise ConfigurationError(
            "The turbo decoder is for the English model only.", field="models.options.turbo_decoder"
        )
    return settings


def _check(name: str, value: Any, wanted: Any) -> None:
    field = f"models.options.{name}"
    if get_origin(wanted) is Literal:
        if value not in get_args(wanted):
            raise ConfigurationError(f"{name} must be one of {', '.join(get_args(wanted))}.", field=field)
        return
    allowed = (int, float) if wanted is float else (wanted,)
    if not isinstance(value, allowed) or (isinstance(value, bool) and wanted is not bool):
        raise ConfigurationError(f"{name} must be a {_WORDS[wanted]}.", field=field)
    least, most = RANGES.get(name, (0, 0))
    if name in RANGES and not least <= value <= most:
        raise ConfigurationError(f"{name} must be between {least:g} and {most:g}.", field=field)


_WORDS = {str: "text", int: "whole number", float: "number", bool: "yes or no (true, false)"}
