"""What is written beside and into the audio of a result: tags, captions, the sidecar and the settings row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from api_models import TTSRequest
from core.fetched_voices import shown_voice
from core.results import GenerationResult
from library.outputs import CAPTION_SUFFIXES
from library.result_files import ResultFiles
from library.settings_csv import settings_csv
from speech.captions import CaptionWord, caption_words, make_cues, to_json, to_srt, to_vtt
from speech.engines.protocol import Capabilities
from speech.plan import Plan
from speech.settings_hash import settings_digest
from utils import VERSION, utc_timestamp

if TYPE_CHECKING:
    from core.speech_work import SpeechOrder

TITLE_LENGTH = 80


def tags_of(request: TTSRequest, plan: Plan, capabilities: Capabilities) -> dict[str, str]:
    """Tags of an audio file: what it says, who speaks, and by what it can be made again."""
    title = request.title or " ".join(request.text.split())[:TITLE_LENGTH]
    return {
        "title": title,
        "artist": shown_voice(plan.chunks[0].voice),
        "engine": f"{capabilities.engine} {capabilities.model}",
        "comment": f"seed {plan.seed}, settings {settings_digest(settings_of(request, plan.seed))}",
    }


def settings_of(request: TTSRequest, seed: int) -> dict[str, Any]:
    """All settings of a request with the seed that was used; loading them makes the same result."""
    settings = request.model_dump(exclude={"reference_audio_filename", "project"})
    return {**settings, "voice": shown_voice(request.voice), "seed": seed, "num_generations": 1}


def write_records(
    files: ResultFiles, stem: str, order: SpeechOrder, capabilities: Capabilities, generation: GenerationResult
) -> None:
    """Write captions, settings row and sidecar of one generation beside its audio.

    Raises:
        DiskFullError: no room.
    """
    words = caption_words(generation.quality.chunks)
    write_captions(files, stem, order.request.captions, words, generation.audio_seconds, generation.number)
    settings = settings_of(order.request, generation.seed)
    files.text(f"{stem}.settings.csv", settings_csv(settings), "record", "csv", generation.number)
    sidecar = json.dumps(_sidecar(stem, order, capabilities, generation, settings), ensure_ascii=False)
    files.text(f"{stem}.json", sidecar, "record", "json", generation.number)


def write_captions(
    files: ResultFiles, stem: str, formats: Sequence[str], words: list[CaptionWord], seconds: float, generation: int
) -> None:
    """Write the words of a result of so many seconds in each of the caption formats.

    Raises:
        DiskFullError: no room.
    """
    cues = make_cues(words, seconds)
    for name in formats:
        content = {
            "srt": lambda: to_srt(cues),
            "vtt": lambda: to_vtt(cues),
            "json": lambda: to_json(words, cues, seconds),
        }[name]()
        files.text(f"{stem}{CAPTION_SUFFIXES[name]}", content, "captions", name, generation)


def _sidecar(
    stem: str,
    order: SpeechOrder,
    capabilities: Capabilities,
    generation: GenerationResult,
    settings: dict[str, Any],
) -> dict[str, Any]:
    return {
        "type": "tts",
        "service_version": VERSION,
        "created": utc_timestamp(),
        "stem": stem,
        "settings": settings,
        "settings_hash": settings_digest(settings),
        "engine": {key: getattr(capabilities, key) for key in ("engine", "model", "version")},
        "watermarked": order.use.watermarked,
        "validator": order.validator.name if order.validator else None,
        "voices": sorted({chunk.voice for chunk in generation.quality.chunks}),
        "generation": generation.number,
        "audio_seconds": round(generation.audio_seconds, 3),
        "engine_seconds": round(generation.engine_seconds, 3),
        "finishing": dict(generation.finishing),
        "quality": asdict(generation.quality),
        "ignored_parameters": list(order.use.ignored),
        "warnings": list(order.warnings),
    }
