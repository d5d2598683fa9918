"""Presets: settings that go together, some that come with the page and those that users save and share as files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from api_models import TTSDefaults
from exceptions import InvalidRequestError
from ui.controls import shown_value
from ui.wording import invalid_request

MOST_NAME_CHARACTERS: Final = 40


@dataclass(frozen=True)
class Preset:
    """Values of some fields; all other fields that any preset sets take the operator's default."""

    description: str
    settings: Mapping[str, Any] = field(default_factory=dict)


PRESETS: Final = {
    "Standard": Preset("As the operator has configured it."),
    "Narration": Preset(
        "Calm and even, with longer pauses, for books and articles.",
        {
            "exaggeration": 0.4, "temperature": 0.7, "cfg_weight": 0.6, "speed_factor": 0.95,
            "sentence_pause_ms": 350, "paragraph_pause_ms": 900, "max_silence_ms": 1200,
        },
    ),
    "Dialogue": Preset(
        "Short pauses and lively voices, for conversations.",
        {
            "exaggeration": 0.6, "temperature": 0.8, "cfg_weight": 0.5, "sentence_pause_ms": 150,
            "paragraph_pause_ms": 350, "markup": True,
        },
    ),
    "Expressive": Preset(
        "As much feeling as the engine gives; the best of three takes is kept.",
        {
            "exaggeration": 0.9, "temperature": 0.9, "cfg_weight": 0.3, "candidate_policy": "best_score",
            "num_candidates_per_chunk": 3,
        },
    ),
    "Fast": Preset(
        "Soonest: joined sentences, one take, no check.",
        {
            "enable_batching": True, "bypass_whisper_checking": True, "num_candidates_per_chunk": 1,
            "max_attempts_per_candidate": 1,
        },
    ),
}  # fmt: skip
"""By the name that the page shows."""


def preset_fields() -> frozenset[str]:
    """Fields that some preset of the page sets."""
    return frozenset(name for preset in PRESETS.values() for name in preset.settings)


def preset_values(name: str, own: Mapping[str, Any], defaults: TTSDefaults) -> dict[str, Any]:
    """What the controls show after a preset is chosen.

    Args:
        name: of one of `PRESETS` or of the user's own.
        own: settings of the user's presets by name.
        defaults: the operator's.

    Raises:
        InvalidRequestError: no such preset, or one that does not fit this service.
    """
    preset = PRESETS.get(name)
    settings = preset.settings if preset else own.get(name)
    if not isinstance(settings, Mapping):
        raise InvalidRequestError("There is no such preset.", field="preset")
    kept = {field: value for field, value in settings.items() if field in TTSDefaults.model_fields}
    try:
        checked = TTSDefaults.model_validate(kept)
    except ValidationError as error:
        raise invalid_request(error) from error
    start = {field: getattr(defaults, field) for field in preset_fields()}
    chosen = {**start, **{field: getattr(checked, field) for field in kept}}
    return {field: shown_value(field, value) for field, value in chosen.items()}


def preset_name(words: str) -> str:
    """A user's name for a preset, tidied.

    Raises:
        InvalidRequestError: blank, too long or taken by the page.
    """
    name = " ".join((words or "").split())
    if not name:
        raise InvalidRequestError("Give the preset a name first.", field="preset")
    if len(name) > MOST_NAME_CHARACTERS:
        raise InvalidRequestError(f"The name may have at most {MOST_NAME_CHARACTERS} characters.", field="preset")
    if name in PRESETS:
        raise InvalidRequestError(f"{name!r} is a preset of the page; choose another name.", field="preset")
    return name
