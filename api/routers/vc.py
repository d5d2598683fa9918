"""Voice conversion of a named or an uploaded recording."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from api.conversion_form import REQUEST_BODY, Submission, read_submission
from api.deps import BEFORE_WORK, Core, Workers
from api.replies import conversion_response, file_response, wanted_format
from api.work import run_until_hang_up
from api_models import FormatName, VCResponse
from core.results import ConversionResult
from speech.cancel import CancelToken

router = APIRouter(tags=["voice conversion"])

_AUDIO: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The audio (`response_mode=stream`) or the report (`response_mode=url`).",
        "content": {"audio/wav": {}, "audio/mpeg": {}, "audio/flac": {}, "audio/ogg": {}, "audio/mp4": {}},
    }
}


@router.post("/vc", response_model=VCResponse, responses=_AUDIO, openapi_extra=REQUEST_BODY, dependencies=BEFORE_WORK)
async def convert(
    request: Request,
    submission: Annotated[Submission, Depends(read_submission)],
    core: Core,
    workers: Workers,
    response_mode: Annotated[
        Literal["stream", "url"], Query(description="The audio itself, or JSON with addresses and report.")
    ] = "stream",
    return_format: Annotated[
        FormatName | None, Query(description="Which of the requested formats the stream answer carries.")
    ] = None,
) -> Response | VCResponse:
    """Speak a recording again in another voice; the files are kept among the outputs."""
    formats = submission.options.with_defaults(core.settings.vc_defaults).export_formats
    wanted = wanted_format(return_format, formats)

    def work(cancel: CancelToken) -> ConversionResult:
        return core.vc(submission.options, cancel=cancel, upload=submission.upload)

    result = await run_until_hang_up(request, workers, core.settings.server.request_timeout_seconds, work)
    if response_mode == "stream":
        return file_response(result, wanted)
    return conversion_response(result, core, request.state.request_id)
