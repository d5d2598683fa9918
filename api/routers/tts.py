"""Speech on request."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.deps import Core, Workers
from api.replies import file_response, tts_response
from api.work import run_until_hang_up
from api_models import FormatName, TTSRequest, TTSResponse
from exceptions import InvalidRequestError

router = APIRouter(tags=["speech"])

_AUDIO: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The audio (`response_mode=stream`) or the report (`response_mode=url`).",
        "content": {"audio/wav": {}, "audio/mpeg": {}, "audio/flac": {}, "audio/ogg": {}, "audio/mp4": {}},
    }
}


@router.post("/tts", response_model=TTSResponse, responses=_AUDIO)
async def speak(
    request: Request,
    body: TTSRequest,
    core: Core,
    workers: Workers,
    response_mode: Annotated[
        Literal["stream", "url"], Query(description="The audio itself, or JSON with addresses and report.")
    ] = "stream",
    return_format: Annotated[
        FormatName | None, Query(description="Which of the requested formats the stream answer carries.")
    ] = None,
) -> Response | TTSResponse:
    """Speak a text; the files are kept among the outputs."""
    formats = body.with_defaults(core.settings.tts_defaults).export_formats
    wanted = return_format or formats[0]
    if wanted not in formats:
        raise InvalidRequestError(
            f"{wanted} is not among the requested formats: {', '.join(formats)}.", field="return_format"
        )
    timeout = core.settings.server.request_timeout_seconds
    result = await run_until_hang_up(request, workers, timeout, lambda cancel: core.tts(body, cancel=cancel))
    if response_mode == "stream":
        return file_response(result, wanted)
    return tts_response(result, core, request.state.request_id)
