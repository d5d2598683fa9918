"""What the engine says of itself before anything is loaded: languages, parameters, tags, notes."""

from __future__ import annotations

import importlib.metadata
from typing import Final

from speech.engines.chatterbox.checkpoints import Checkpoint, Family
from speech.engines.chatterbox.settings import ChatterboxSettings
from speech.engines.protocol import Capabilities, Parameter

SAMPLE_RATE: Final = 24_000

LANGUAGES: Final = (
    "ar", "da", "de", "el", "en", "es", "fi", "fr", "he", "hi", "it", "ja", "ko", "ms", "nl", "no", "pl", "pt", "ru",
    "sv", "sw", "tr", "zh",
)  # fmt: skip
"""Of the multilingual model."""

TAGS: Final = ("clear throat", "sigh", "shush", "cough", "groan", "sniff", "gasp", "chuckle", "laugh")
"""Sounds that Turbo and Nano make where the text has them in brackets, as the package's README lists them."""

_TEMPERATURE: Final = Parameter("temperature", 0.05, 5.0, 0.8, "How freely the model draws; less is steadier.")
_TOP_P_WORDS: Final = "Tokens are drawn from the likeliest that together have this probability."
_MIN_P_WORDS: Final = "Tokens less probable than this share of the likeliest are never drawn."
_PENALTY_WORDS: Final = "How much a token loses that was spoken before; 1 for nothing."
_GUIDED: Final = (
    Parameter("exaggeration", 0.0, 2.0, 0.5, "How expressive the delivery is; 0.5 is neutral."),
    _TEMPERATURE,
    Parameter(
        "cfg_weight",
        0.0,
        2.0,
        0.5,
        "How closely text and pace of the reference are kept; lower is slower and freer, 0 takes half the work.",
    ),
    Parameter("min_p", 0.0, 1.0, 0.05, _MIN_P_WORDS),
    Parameter("top_p", 0.01, 1.0, 1.0, _TOP_P_WORDS),
)
_FAST: Final = (
    _TEMPERATURE,
    Parameter("top_p", 0.01, 1.0, 0.95, _TOP_P_WORDS),
    Parameter("top_k", 1, 10_000, 1000, "Tokens are drawn from so many of the likeliest."),
)
"""Of Turbo and Nano, whose package ignores guidance, exaggeration and `min_p`."""


def parameters(family: Family) -> tuple[Parameter, ...]:
    """What can be set for a model of this family, with the package's own defaults."""
    penalty = Parameter("repetition_penalty", 1.0, 5.0, 2.0 if family == "multilingual" else 1.2, _PENALTY_WORDS)
    return (*(_FAST if family in ("turbo", "nano") else _GUIDED), penalty)


def describe(checkpoint: Checkpoint, settings: ChatterboxSettings) -> Capabilities:
    """The engine's capabilities with this model and these settings."""
    fast = checkpoint.family in ("turbo", "nano")
    rows = settings.rows or 8
    return Capabilities(
        engine="chatterbox",
        model=checkpoint.name + (f" ({settings.sound})" if settings.sound else ""),
        version=f"{_package_version()}/{checkpoint.revision[:12]}/{settings.sound or 'as published'}",
        sample_rate=SAMPLE_RATE,
        languages=LANGUAGES if checkpoint.family == "multilingual" else ("en",),
        parameters=parameters(checkpoint.family),
        tags=TAGS if fast else (),
        max_characters=300,
        max_batch=rows if fast else max(1, rows // 2),
        text_form="spoken",
        cloning=True,
        conversion=True,
        seeded=True,
        batch_invariant=settings.arithmetic == "float32",
        watermark=settings.watermark,
        notes=_notes(checkpoint, settings),
    )


def _notes(checkpoint: Checkpoint, settings: ChatterboxSettings) -> tuple[str, ...]:
    notes = ["A voice is a recording in the voices folder; ten seconds of clean speech by one person are best."]
    if checkpoint.family in ("turbo", "nano"):
        notes.append("References need more than 5 seconds.")
    if settings.sound:
        notes.append(f"Switches that change the audio are on: {settings.sound}.")
    if settings.watermark:
        notes.append("All speech carries Perth's inaudible watermark.")
    return tuple(notes)


def _package_version() -> str:
    try:
        return importlib.metadata.version("chatterbox-tts")
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
