"""Turns entries of the library into replies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import PurePosixPath
from typing import Any, TypeVar
from urllib.parse import quote

from fastapi.responses import FileResponse
from pydantic import ValidationError

from api_models.library import (
    OutputMetadata,
    OutputRecord,
    RecordingQuality,
    VCInputMetadata,
    VoiceMetadata,
)
from api_models.replies import OUTPUTS_URL
from core_engine import CoreEngine
from library.entries import Entry
from library.recordings import StoredRecording, texts

T = TypeVar("T")

API = "/api/v1"
MEDIA_TYPES = {
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".m4a": "audio/mp4",
    ".aac": "audio/aac",
    ".webm": "audio/webm",
}
"""Of recordings, by suffix."""


def voice_metadata(entry: Entry, default: str) -> VoiceMetadata:
    """A voice; `default` is the name of the default one."""
    about = entry.details
    parameters = about.get("default_parameters")
    return VoiceMetadata(
        **_recording(entry, "voice"),
        aliases=texts(about.get("aliases")),
        consent=_of(about, "consent", ""),
        default_parameters=parameters if isinstance(parameters, dict) else {},
        usage_count=_of(about, "usage_count", 0),
        last_used=_of(about, "last_used", "") or None,
        preview_url=f"{API}/voice/{quote(entry.name)}/preview",
        is_default=entry.name == default,
    )


def vc_input_metadata(entry: Entry) -> VCInputMetadata:
    """An input of voice conversion."""
    return VCInputMetadata(**_recording(entry, "vc_input"), text=_of(entry.details, "text", ""))


def output_metadata(entry: Entry, core: CoreEngine) -> OutputMetadata:
    """An output as listings show it."""
    return OutputMetadata(**_output(entry, core))


def output_record(entry: Entry, record: dict[str, Any], core: CoreEngine) -> OutputRecord:
    """An output with its whole sidecar."""
    return OutputRecord(**_output(entry, core), record=record)


def recording_response(recording: StoredRecording) -> FileResponse:
    """The recording itself."""
    media_type = MEDIA_TYPES[recording.path.suffix.lower()]
    return FileResponse(
        recording.path, media_type=media_type, filename=recording.path.name, content_disposition_type="inline"
    )


def _output(entry: Entry, core: CoreEngine) -> dict[str, Any]:
    about = entry.details
    captions = core.outputs.captions(entry.name)
    return {
        "filename": entry.name,
        "url": f"{OUTPUTS_URL}/{quote(entry.name)}",
        "folder_path": entry.folder,
        "generation_type": entry.kind,
        "created_date": _moment(entry.created),
        "file_size_bytes": entry.size_bytes,
        "duration_seconds": round(entry.seconds or 0.0, 3),
        "sample_rate": entry.sample_rate or 0,
        "format": PurePosixPath(entry.name).suffix[1:].lower(),
        "text": about["text"],
        "parameters": about["parameters"],
        "source_files": texts(about["sources"]),
        "voices": texts(about["voices"]),
        "engine": about["engine"] if isinstance(about["engine"], dict) else None,
        "watermarked": about["watermarked"] if isinstance(about["watermarked"], bool) else None,
        "quality": about["quality"],
        "captions": [
            {"format": kind, "filename": name, "url": f"{OUTPUTS_URL}/{quote(name)}"} for kind, name in captions.items()
        ],
        "keep": about["keep"],
    }


def _recording(entry: Entry, route: str) -> dict[str, Any]:
    about = entry.details
    path = PurePosixPath(entry.name)
    return {
        "name": path.stem,
        "filename": entry.name,
        "url": entry.name,
        "folder_path": entry.folder,
        "description": _of(about, "description", ""),
        "tags": texts(about.get("tags")),
        "duration_seconds": round(entry.seconds or 0.0, 3),
        "sample_rate": entry.sample_rate or 0,
        "file_size_bytes": entry.size_bytes,
        "format": path.suffix[1:].lower(),
        "created_date": _of(about, "created_date", "") or _moment(entry.created),
        "audio_url": f"{API}/{route}/{quote(entry.name)}/audio",
        "quality": _quality(about.get("quality")),
    }


def _quality(kept: Any) -> RecordingQuality | None:
    try:
        return RecordingQuality.model_validate(kept)
    except ValidationError:
        # Put there by hand, or by another program.
        return None


def _of(about: Mapping[str, Any], key: str, default: T) -> T:
    """A value of a sidecar that people may have edited, if it has the type of the default."""
    value = about.get(key)
    return value if isinstance(value, type(default)) else default


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds")
