"""Looks for the engine's inaudible mark in an uploaded recording."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Request, UploadFile

from api.deps import Core, Workers
from api.work import run_until_hang_up
from api_models import WatermarkResponse
from core.conversion_work import SourceRecording

router = APIRouter(tags=["system"])


@router.post("/watermark/detect")
async def detect(
    request: Request,
    core: Core,
    workers: Workers,
    file: Annotated[UploadFile, File(description="The recording: WAV, FLAC, MP3, Ogg, M4A, AAC or WebM.")],
) -> WatermarkResponse:
    """Whether a recording carries the inaudible mark of the engine in use, and in how much of it."""
    recording = SourceRecording(file.file, file.filename or "the uploaded file", "file")
    timeout = core.settings.server.request_timeout_seconds
    found = await run_until_hang_up(request, workers, timeout, lambda cancel: core.find_mark(recording, cancel=cancel))
    return WatermarkResponse(
        watermarked=found.present,
        confidence=round(found.confidence, 4),
        marked_seconds=round(found.marked_seconds, 3),
        audio_seconds=round(found.audio_seconds, 3),
        engine=core.engine.capabilities.engine,
    )
