"""What is known of a speech request before anything is spoken, and worth telling."""

from __future__ import annotations

from api_models import TTSRequest
from core.request_rules import ABSENT_LIBRARIES
from core.validators import ValidatorChoice
from speech.planning import PlannedSpeech


def foreseen_warnings(planned: PlannedSpeech, choice: ValidatorChoice, request: TTSRequest) -> tuple[str, ...]:
    """Warnings that are known before anything is spoken."""
    found = list(planned.warnings)
    if choice.instead:
        found.append(
            f"The checker that was asked for is not available, the configured one took its place: {choice.instead}"
        )
    if request.speed_factor_library in ABSENT_LIBRARIES and request.speed_factor != 1.0:
        found.append(f"Speed is not made with {request.speed_factor_library} here; the automatic choice was used.")
    return tuple(found)


def unavailable_checker(request: TTSRequest) -> tuple[str, ...]:
    """Fields that asked for a checker which cannot be had."""
    fields = [] if request.whisper_model_name == "auto" else ["whisper_model_name"]
    return (*fields, *([] if request.use_faster_whisper else ["use_faster_whisper"]))
