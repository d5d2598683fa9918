"""Translates the fields of a request into the rules of the speech pipeline."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace

from api_models import FinishingOptions, TextOptions, TextPreviewRequest, TTSRequest, VCOptions
from config_sections import SpeedFactorSettings
from exceptions import InvalidRequestError
from speech.audio.denoise import available as denoising_available
from speech.audio.loudness import LoudnessTarget
from speech.engines.protocol import UNMARKED, Capabilities
from speech.finishing import FinishingRules, SilenceCut
from speech.plan import SEED_LIMIT
from speech.reading import ReadingRules
from speech.takes import TakeRules
from speech.text.prepare import TextRules
from speech.text.sound_words import parse_sound_words

ENGINE_PARAMETERS = {
    "speed": "speed_factor",
    "exaggeration": "exaggeration",
    "temperature": "temperature",
    "cfg_weight": "cfg_weight",
    "min_p": "min_p",
    "top_p": "top_p",
    "top_k": "top_k",
    "repetition_penalty": "repetition_penalty",
}
"""The request field of each engine parameter; a field that may be left open leaves the value to the engine."""
ABSENT_LIBRARIES = ("librosa", "torchaudio")
"""Stretchers that the published interface names; `auto` takes their place."""


@dataclass(frozen=True)
class EngineUse:
    """What of a request reaches the engine.

    Attributes:
        parameters: values by engine parameter.
        ignored: fields that were set without effect with this engine.
        stretch: speed that finishing has to make, 1 where the engine makes it.
        watermarked: whether the speech carries the engine's mark.
    """

    parameters: Mapping[str, float]
    ignored: tuple[str, ...]
    stretch: float
    watermarked: bool = False

    def with_ignored(self, fields: tuple[str, ...]) -> EngineUse:
        """The same with further fields without effect."""
        return replace(self, ignored=(*self.ignored, *fields))


def reading_rules(request: TextOptions) -> ReadingRules:
    """How the text is to be read."""
    return ReadingRules(
        text=TextRules(
            sound_words=parse_sound_words(request.sound_words_field),
            normalize_spacing=request.normalize_spacing,
            fix_dot_letters=request.fix_dot_letters,
            remove_reference_numbers=request.remove_reference_numbers,
            markdown=request.strip_markdown,
            emoji=request.emoji,
        ),
        markup=request.markup,
        pronunciations=request.pronunciations,
        lower_case=request.to_lowercase,
        batch=request.enable_batching,
        join_short=request.smart_batch_short_sentences,
        sentence_pause_ms=request.sentence_pause_ms,
        paragraph_pause_ms=request.paragraph_pause_ms,
    )


def take_rules(request: TTSRequest, rendering: int = 0) -> TakeRules:
    """How many takes are made and which is kept; `rendering` counts whole results from 0."""
    return TakeRules(
        candidates=request.num_candidates_per_chunk,
        attempts=request.max_attempts_per_candidate,
        policy=request.candidate_policy,
        on_failure=request.on_failure,
        most_said=request.use_longest_transcript_on_fail,
        threshold=request.whisper_threshold,
        transcribe=request.transcripts,
        budget_seconds=request.take_budget_seconds,
        longest_silence=request.max_silence_ms / 1000,
        rendering=rendering,
    )


def finishing_rules(request: FinishingOptions, stretch: float) -> FinishingRules:
    """What is done to the audio.

    Raises:
        InvalidRequestError: a step is not available on this machine; names the field.
    """
    if request.denoise and not denoising_available():
        raise InvalidRequestError("Noise removal needs RNNoise, which is not installed here.", field="denoise")
    target = LoudnessTarget(
        request.normalize_method, request.normalize_level, request.normalize_tp, request.normalize_lra
    )
    return FinishingRules(
        denoise=request.denoise,
        silence_cut=SilenceCut(request.ae_threshold, request.ae_margin) if request.use_auto_editor else None,
        stretch=stretch,
        trim_ms=request.trim_threshold_ms if request.trim else None,
        loudness=target if request.normalize_audio else None,
    )


def refuse_long(text: str, limit: int) -> None:
    """Refuse a text of more than `limit` characters.

    Raises:
        InvalidRequestError: names the field.
    """
    if len(text) > limit:
        raise InvalidRequestError(f"The text has {len(text)} characters; at most {limit} are allowed.", field="text")


def refuse_speed(speed: float, limits: SpeedFactorSettings) -> None:
    """Refuse a speaking rate that the operator does not allow.

    Raises:
        InvalidRequestError: names the field.
    """
    if not limits.min_speed_factor <= speed <= limits.max_speed_factor:
        raise InvalidRequestError(
            f"The speaking rate may be {limits.min_speed_factor:g} to {limits.max_speed_factor:g} here.",
            field="speed_factor",
        )


def engine_use(asked: TTSRequest, full: TTSRequest, capabilities: Capabilities) -> EngineUse:
    """What reaches the engine, and what does not.

    Args:
        asked: as it came; only fields that it sets can be reported as ignored.
        full: with the operator's defaults.
        capabilities: of the engine.

    Raises:
        InvalidRequestError: a value outside the engine's range; names the field.
    """
    stretched = full.speed_factor_library == "audiostretchy"
    known = {item.name: item for item in capabilities.parameters}
    parameters: dict[str, float] = {}
    ignored: list[str] = []
    for name, field in ENGINE_PARAMETERS.items():
        value = getattr(full, field)
        if value is None:
            continue
        if name not in known:
            if name != "speed" and field in asked.model_fields_set:
                ignored.append(field)
            continue
        if name == "speed":
            # What the engine does not reach is left to stretching.
            value = 1.0 if stretched else min(max(value, known[name].minimum), known[name].maximum)
        if not known[name].minimum <= value <= known[name].maximum:
            raise InvalidRequestError(
                f"The engine {capabilities.engine!r} takes {field} from {known[name].minimum:g} to "
                f"{known[name].maximum:g}.",
                field=field,
            )
        parameters[name] = float(value)
    if full.disable_watermark and capabilities.watermark:
        parameters[UNMARKED] = 1.0
    made = parameters.get("speed", 1.0)
    ignored += _without_effect(asked, capabilities)
    marked = capabilities.watermark and not full.disable_watermark
    return EngineUse(parameters, tuple(ignored), full.speed_factor / made, marked)


def plan_parameters(
    asked: TTSRequest | TextPreviewRequest,
    full: TTSRequest | TextPreviewRequest,
    capabilities: Capabilities,
    limits: SpeedFactorSettings,
) -> tuple[Mapping[str, float], int]:
    """Engine parameters and base seed of a plan; a preview has none.

    Args:
        asked: as of `engine_use`.
        full: as of `engine_use`.
        capabilities: of the engine.
        limits: of the speaking rate.

    Raises:
        InvalidRequestError: a value that is not allowed, or a step that is not available; names the field.
    """
    if not (isinstance(asked, TTSRequest) and isinstance(full, TTSRequest)):
        return {}, 1
    refuse_speed(full.speed_factor, limits)
    use = engine_use(asked, full, capabilities)
    finishing_rules(full, use.stretch)
    return use.parameters, full.seed or 1 + secrets.randbelow(SEED_LIMIT - 1)


def refuse_foreign(request: TextOptions | VCOptions, capabilities: Capabilities) -> None:
    """Refuse a request that asks for another engine than the one that is running.

    Raises:
        InvalidRequestError: names the field.
    """
    name, model = capabilities.engine, capabilities.model
    known = {"auto", name, model, f"{name}-{model.partition(' ')[0]}"}
    for field in ("engine", "model"):
        if (asked := getattr(request, field)) not in known:
            raise InvalidRequestError(
                f"The engine {asked!r} is not running here; this service speaks with {name!r}.", field=field
            )


def _without_effect(asked: TTSRequest, capabilities: Capabilities) -> list[str]:
    effect = {
        "seed": capabilities.seeded,
        "max_attempts_per_candidate": capabilities.seeded,
        "disable_watermark": capabilities.watermark,
        "speed_factor_library": asked.speed_factor_library not in ABSENT_LIBRARIES,
        "keep_original_wav_ae": asked.use_auto_editor or not asked.keep_original_wav_ae,
    }
    return [field for field, has in effect.items() if field in asked.model_fields_set and not has]
