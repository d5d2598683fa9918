"""Results of earlier visits: the browser keeps their names, the outputs folder everything else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from core.results import SpeechResult
from exceptions import ChatterboxError, ResourceNotFoundError
from library.outputs import OutputStore
from library.roots import existing_file
from speech.audio.encode import FORMATS
from speech.quality import ChunkQuality, Quality
from speech.validation.protocol import Word

MOST_KEPT: Final = 30
LABEL_CHARACTERS: Final = 60


def made_by(results: Sequence[SpeechResult]) -> list[str]:
    """The names of results: those of their sidecars."""
    texts = (text for result in results for text in result.texts)
    return [text.name for text in texts if text.role == "record" and text.format == "json"]


def remember(kept: Any, new: Any) -> list[str]:
    """The names of own results with new ones in front."""
    return list(dict.fromkeys([*_names(new), *_names(kept)]))[:MOST_KEPT]


def entries(outputs: OutputStore, kept: Any) -> list[tuple[str, str]]:
    """Label and name of each result that is still there."""
    found = []
    for name in _names(kept):
        try:
            found.append((_label(read_record(outputs, name)), name))
        except ChatterboxError:
            continue
    return found


def read_record(outputs: OutputStore, name: str) -> dict[str, Any]:
    """The sidecar of a result.

    Raises:
        ResourceNotFoundError: no such file, or not one that this service wrote.
        InvalidRequestError: no safe name.
    """
    path = record_path(outputs, name)
    try:
        record = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ResourceNotFoundError("The record of this result cannot be read.") from error
    if not isinstance(record, dict) or record.get("type") != "tts":
        raise ResourceNotFoundError("There is no such result.")
    return record


def record_path(outputs: OutputStore, name: str) -> Path:
    """Where a sidecar lies.

    Raises:
        ResourceNotFoundError: nowhere.
        InvalidRequestError: no safe name.
    """
    return existing_file(outputs.root, name, "history")


def recorded_audio(outputs: OutputStore, name: str) -> dict[str, Path]:
    """The audio files beside a sidecar, by format.

    Raises:
        ResourceNotFoundError, InvalidRequestError: as of `record_path`.
    """
    record = record_path(outputs, name)
    files = {kind: record.with_suffix(spec.suffix) for kind, spec in FORMATS.items()}
    return {kind: path for kind, path in files.items() if path.is_file()}


def recorded_quality(record: dict[str, Any]) -> Quality:
    """The quality report that a sidecar holds.

    Raises:
        ResourceNotFoundError: it was written by another version.
    """
    try:
        stored = record["quality"]
        chunks = tuple(
            ChunkQuality(**{
                **chunk,
                "words": tuple(Word(**word) for word in chunk["words"]),
                "repairs": tuple(chunk["repairs"]),
                "warnings": tuple(chunk["warnings"]),
            })
            for chunk in stored["chunks"]
        )  # fmt: skip
        return Quality(stored["verdict"], stored["wer"], chunks)
    except (KeyError, TypeError) as error:
        raise ResourceNotFoundError("The record of this result is of another version.") from error


def _names(kept: Any) -> list[str]:
    return [name for name in kept if isinstance(name, str)] if isinstance(kept, list) else []


def _label(record: dict[str, Any]) -> str:
    settings = record.get("settings", {})
    text = " ".join(str(settings.get("text", "")).split())
    cut = text if len(text) <= LABEL_CHARACTERS else f"{text[:LABEL_CHARACTERS]}…"
    voices = ", ".join(record.get("voices", []))
    return f"{_moment(record.get('created'))} · {voices} · {record.get('audio_seconds', 0):.1f} s · {cut}"


def _moment(created: Any) -> str:
    try:
        return datetime.fromisoformat(str(created)).astimezone().strftime("%d.%m. %H:%M")
    except ValueError:
        return "?"
