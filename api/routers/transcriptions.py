"""Transcriptions under the address that clients of OpenAI's interface use."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, UploadFile
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, field_validator

from api.deps import Core, Workers
from api.errors import failure_responses
from api.openai_edge import OPENAI_PREFIX
from api.replies import ignored_header
from api.transcripts import MEDIA_TYPES, Granularity, TranscriptFormat, transcript_response
from api.work import run_until_hang_up
from api_models.openai import OpenAIError
from api_models.transcription import TranscriptionReply, VerboseTranscription
from core.concat_sources import UploadedAudio
from core_engine import CoreEngine
from exceptions import ResourceNotFoundError

router = APIRouter(
    prefix=OPENAI_PREFIX,
    tags=["openai"],
    responses=failure_responses(OpenAIError, 400, 401, 404, 413, 429, 503),
)

_TRANSCRIPTS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": TranscriptionReply | VerboseTranscription,
        "content": {name.partition(";")[0]: {} for name in MEDIA_TYPES.values() if "json" not in name},
    }
}


class TranscriptionForm(BaseModel):
    """A recording to be written down. Other fields are ignored and named in the header ``X-Ignored-Parameters``."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    file: UploadFile
    """The recording: WAV, FLAC, MP3, Ogg, M4A, AAC or WebM."""
    model: str = Field(max_length=200, examples=["whisper-1"])
    """One of `openai.transcription_models`; the model that checks takes listens."""
    language: str = Field("", max_length=35)
    """BCP 47 tag of what is said; empty to find out."""
    response_format: TranscriptFormat = "json"
    """`srt` and `vtt` are captions; `verbose_json` has times."""
    timestamp_granularities: list[Granularity] = Field(["segment"], alias="timestamp_granularities[]")
    """What of `verbose_json` has times: `segment` (sentences), `word` or both."""

    @field_validator("language", "response_format", mode="before")
    @classmethod
    def _empty_means_left_out(cls, value: Any, info: Any) -> Any:
        return value or cls.model_fields[info.field_name].default

    @property
    def ignored(self) -> list[str]:
        """Names of fields without effect."""
        timed = self.response_format == "verbose_json" or "timestamp_granularities" not in self.model_fields_set
        return [*(self.model_extra or {}), *([] if timed else ["timestamp_granularities[]"])]


@router.post("/audio/transcriptions", responses=_TRANSCRIPTS)
async def transcribe(
    request: Request, core: Core, workers: Workers, form: Annotated[TranscriptionForm, Form()]
) -> Response:
    """Write down what a recording says."""
    _require_model(form.model, core)
    upload = UploadedAudio(form.file.filename or "upload", form.file.file)
    timeout = core.settings.server.request_timeout_seconds
    heard = await run_until_hang_up(
        request, workers, timeout, lambda cancel: core.transcriptions.make(upload, form.language, cancel=cancel)
    )
    reply = transcript_response(heard, form.response_format, form.timestamp_granularities)
    reply.headers.update(ignored_header(form.ignored))
    return reply


def _require_model(name: str, core: CoreEngine) -> None:
    if name not in core.settings.openai.transcription_models:
        raise ResourceNotFoundError(f"There is no model {name[:80]!r} here that listens.", field="model")
