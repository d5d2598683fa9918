"""What is written beside and into the audio of a voice conversion: tags, captions and the sidecar."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from core.records import write_captions
from core.results import ConversionResult
from library.result_files import ResultFiles
from speech.captions import caption_words
from speech.engines.protocol import Capabilities
from utils import VERSION, utc_timestamp

if TYPE_CHECKING:
    from core.conversion_work import ConversionOrder


def tags_of_conversion(order: ConversionOrder, capabilities: Capabilities) -> dict[str, str]:
    """Tags of an audio file: what it is and whose voice it has."""
    return {
        "title": order.request.title or order.recording.name,
        "artist": order.voice,
        "engine": f"{capabilities.engine} {capabilities.model}",
        "comment": f"converted from {order.recording.name}, seed {order.seed}",
    }


def write_conversion_records(
    files: ResultFiles, stem: str, order: ConversionOrder, capabilities: Capabilities, result: ConversionResult
) -> None:
    """Write captions and sidecar beside the audio.

    Raises:
        DiskFullError: no room.
    """
    # Captions show what is heard in the result, where the report begins with what was heard in the recording.
    heard = [replace(piece, text=piece.transcript or "") for piece in result.quality.chunks]
    write_captions(files, stem, order.request.captions, caption_words(heard), result.audio_seconds, 1)
    sidecar = json.dumps(_sidecar(stem, order, capabilities, result), ensure_ascii=False, indent=1)
    files.text(f"{stem}.json", sidecar, "record", "json", 1)


def _sidecar(stem: str, order: ConversionOrder, capabilities: Capabilities, result: ConversionResult) -> dict[str, Any]:
    return {
        "type": "vc",
        "service_version": VERSION,
        "created": utc_timestamp(),
        "stem": stem,
        "settings": {**order.request.model_dump(exclude={"project"}), "seed": order.seed},
        "engine": {key: getattr(capabilities, key) for key in ("engine", "model", "version")},
        "watermarked": result.watermarked,
        "source": order.recording.name,
        "voices": [result.voice],
        "audio_seconds": round(result.audio_seconds, 3),
        "source_seconds": round(result.source_seconds, 3),
        "finishing": dict(result.finishing),
        "likeness": asdict(result.likeness) if result.likeness else None,
        "quality": asdict(result.quality),
        "ignored_parameters": list(result.ignored_parameters),
        "warnings": list(result.warnings),
    }
