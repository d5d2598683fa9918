"""Joins audio files: those of the outputs, uploads, silences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import Response

from api.deps import BEFORE_WORK, Core, Workers
from api.forms import from_json_field
from api.replies import audio_response, concat_response, wanted_format
from api.work import run_until_hang_up
from api_models import ConcatRequest, ConcatResponse, FormatName, MixedConcatRequest
from core.concat_sources import UploadedAudio
from speech.audio.encode import FORMATS

router = APIRouter(prefix="/concat", tags=["concatenation"])

_AUDIO: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The audio (`response_mode=stream`) or the report (`response_mode=url`).",
        "content": {spec.media_type: {} for spec in FORMATS.values()},
    }
}

Mode: TypeAlias = Annotated[
    Literal["stream", "url"] | None,
    Query(description="The audio itself (default), or JSON with addresses and timeline."),
]
Wanted: TypeAlias = Annotated[
    FormatName | None, Query(description="Which of the requested formats the stream answer carries.")
]


@router.post("", response_model=ConcatResponse, responses=_AUDIO, dependencies=BEFORE_WORK)
async def join_outputs(
    request: Request,
    body: ConcatRequest,
    core: Core,
    workers: Workers,
    response_mode: Mode = None,
    return_format: Wanted = None,
) -> Response | ConcatResponse:
    """Join files of the outputs; the result is kept among them."""
    return await _join(request, body, [], core, workers, response_mode, return_format)


@router.post("/mixed", response_model=ConcatResponse, responses=_AUDIO, dependencies=BEFORE_WORK)
async def join_mixed(
    request: Request,
    core: Core,
    workers: Workers,
    request_json: Annotated[str, Form(description="What to join and how, as JSON.")],
    uploaded_files: Annotated[list[UploadFile], File(description="The files that segments name by index.")] = [],  # noqa: B006
    response_mode: Mode = None,
    return_format: Wanted = None,
) -> Response | ConcatResponse:
    """Join files of the outputs with uploads; the result is kept among the outputs, the uploads are not."""
    body = from_json_field(MixedConcatRequest, "request_json", request_json)
    return await _join(request, body, uploaded_files, core, workers, response_mode, return_format)


async def _join(
    request: Request,
    body: ConcatRequest | MixedConcatRequest,
    files: Sequence[UploadFile],
    core: Core,
    workers: Workers,
    mode: Mode,
    return_format: Wanted,
) -> Response | ConcatResponse:
    wanted = wanted_format(return_format, body.export_formats)
    uploads = [UploadedAudio(file.filename or "upload", file.file) for file in files]
    timeout = core.settings.server.request_timeout_seconds
    result = await run_until_hang_up(
        request, workers, timeout, lambda cancel: core.concat(body, uploads, cancel=cancel)
    )
    if (mode or body.response_mode or "stream") == "stream":
        return audio_response(result.files, wanted, {"X-Generation-Seed": str(result.metadata.seed)})
    return concat_response(result, request.state.request_id)
