"""Speech on request, of a text or of text files."""

from __future__ import annotations

import asyncio
import functools
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import Response

from api.deps import BEFORE_WORK, Core, Workers
from api.forms import from_json_field
from api.live import LiveAudio
from api.replies import file_response, tts_response, wanted_format
from api.work import run_until_hang_up
from api_models import StreamFormatName, TextFilesRequest, TextFilesResponse, TTSRequest, TTSResponse
from core.results import SpeechResult
from core.text_requests import NamedRequest, text_requests
from core_engine import CoreEngine
from library.text_files import TextFile, read_text_file
from speech.cancel import CancelToken

router = APIRouter(tags=["speech"])

MOST_FILES = 100

_AUDIO: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The audio (`response_mode=stream`) or the report (`response_mode=url`).",
        "content": {
            "audio/wav": {},
            "audio/mpeg": {},
            "audio/flac": {},
            "audio/ogg": {},
            "audio/mp4": {},
            "audio/aac": {},
            "audio/pcm": {},
        },
    }
}


@router.post("/tts", response_model=TTSResponse, responses=_AUDIO, dependencies=BEFORE_WORK)
async def speak(
    request: Request,
    body: TTSRequest,
    core: Core,
    workers: Workers,
    response_mode: Annotated[
        Literal["stream", "url", "chunked"],
        Query(description="The audio itself, JSON with addresses and report, or the audio while it is being made."),
    ] = "stream",
    return_format: Annotated[
        StreamFormatName | None, Query(description="Which of the requested formats the answer carries.")
    ] = None,
) -> Response | TTSResponse:
    """Speak a text; the files are kept among the outputs, but for `chunked`, which makes none."""
    look = functools.partial(_wanted_format, body, core, response_mode, return_format)
    wanted = await asyncio.get_running_loop().run_in_executor(workers, look)
    if response_mode == "chunked":
        return LiveAudio(core, workers, body, wanted).reply()
    timeout = core.settings.server.request_timeout_seconds
    result = await run_until_hang_up(request, workers, timeout, lambda cancel: core.tts(body, cancel=cancel))
    if response_mode == "stream":
        return file_response(result, wanted)
    return tts_response(result, core, request.state.request_id)


@router.post("/tts/files", form_limits={"max_files": MOST_FILES, "max_fields": 10})
async def speak_files(
    request: Request,
    core: Core,
    workers: Workers,
    files: Annotated[list[UploadFile], File(description="Text files: .txt, .text, .md, .markdown.")],
    options: Annotated[
        str, Form(description="Fields of a speech request without its text, and `separate`, as JSON.")
    ] = "{}",
) -> TextFilesResponse:
    """Speak text files, joined in their order or each on its own."""
    fields = from_json_field(TextFilesRequest, "options", options)
    texts = await _read(files, core.settings.api.max_text_length)
    wanted = text_requests(texts, fields)
    timeout = core.settings.server.request_timeout_seconds
    for item in wanted:
        await asyncio.get_running_loop().run_in_executor(workers, core.plan, item.request)
    results = []
    for item in wanted:
        results.append(await run_until_hang_up(request, workers, timeout, functools.partial(_speak, core, item)))
    request_id = request.state.request_id
    replies = [tts_response(result, core, request_id) for result in results]
    return TextFilesResponse(success=True, request_id=request_id, results=replies)


def _wanted_format(body: TTSRequest, core: CoreEngine, response_mode: str, asked: str | None) -> str:
    formats = [str(name) for name in body.with_defaults(core.casting.defaults(body)).export_formats]
    return "pcm" if asked == "pcm" and response_mode == "chunked" else wanted_format(asked, formats)


def _speak(core: CoreEngine, item: NamedRequest, cancel: CancelToken) -> SpeechResult:
    return core.tts(item.request, cancel=cancel, name=item.name)


async def _read(files: list[UploadFile], most: int) -> list[TextFile]:
    return [read_text_file(file.filename or "", await file.read(), most) for file in files]
