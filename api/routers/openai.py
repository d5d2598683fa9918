"""The addresses that clients of OpenAI's speech interface use."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import ValidationError

from api.deps import Core, Files, Workers
from api.errors import failure_responses
from api.live import LiveAudio, LiveReply
from api.openai_edge import OPENAI_PREFIX
from api.speech_events import MEDIA_TYPE, speech_events
from api_models.openai import (
    OpenAIError,
    OpenAIModel,
    OpenAIModels,
    OpenAISpeechRequest,
    OpenAIVoice,
    OpenAIVoices,
    SpokenInput,
)
from core_engine import CoreEngine
from exceptions import ResourceNotFoundError

router = APIRouter(
    prefix=OPENAI_PREFIX,
    tags=["openai"],
    responses=failure_responses(OpenAIError, 400, 401, 404, 413, 429, 500, 502, 503),
)

TENTHS = 10
"""`usage` counts characters in and tenths of a second out, as there are no tokens of text or audio here."""

_OWN_FIELDS = frozenset(SpokenInput.model_fields) - {
    "text", "voice", "reference_audio_filename", "engine", "model", "speed_factor", "export_formats",
}  # fmt: skip
"""Fields of a speech request that a client may add."""


@router.post("/audio/speech", response_class=Response)
async def speech(body: OpenAISpeechRequest, core: Core, workers: Workers, files: Files) -> LiveReply:
    """Speak a text; the audio is sent while it is being made, and no file is kept."""
    spoken = await asyncio.get_running_loop().run_in_executor(files, _spoken, body, core)
    audio = LiveAudio(core, workers, spoken, body.response_format, _ignored(body))
    if body.stream_format == "audio":
        return audio.reply()

    def usage() -> tuple[int, int]:
        return len(body.input), round(audio.speech.seconds * TENTHS) if audio.speech else 0

    return LiveReply(speech_events(audio.blocks(), usage), MEDIA_TYPE, audio.facts)


async def _models(request: Request, core: Core) -> OpenAIModels:
    created: int = request.app.state.created
    capabilities, settings = core.engine.capabilities, core.settings.openai
    speaking = dict.fromkeys([capabilities.engine, capabilities.model, *settings.models])
    listening = dict.fromkeys(settings.transcription_models if core.transcriptions.listener else [])

    def described(names: Iterable[str]) -> list[OpenAIModel]:
        return [OpenAIModel(id=name, created=created, owned_by="chatterbox-tts-extended-plus") for name in names]

    return OpenAIModels(data=described({**speaking, **listening}), models=described(speaking))


Models = Annotated[OpenAIModels, Depends(_models)]


@router.get("/models")
@router.get("/audio/models")
async def models(found: Models) -> OpenAIModels:
    """The names under which the running engine answers."""
    return found


@router.get("/models/{model}")
async def model(model: str, found: Models) -> OpenAIModel:
    """One of them."""
    for known in found.data:
        if known.id == model:
            return known
    raise ResourceNotFoundError(f"There is no model {model[:80]!r} here.", field="model")


@router.get("/audio/voices")
def voices(core: Core) -> OpenAIVoices:
    """The voices that can be asked for, besides OpenAI's names."""
    found = [
        OpenAIVoice(id=voice.name, name=voice.name, language=voice.language, description=voice.description)
        for voice in core.casting.voices
    ]
    return OpenAIVoices(data=found, voices=found)


def _spoken(body: OpenAISpeechRequest, core: CoreEngine) -> SpokenInput:
    capabilities = core.engine.capabilities
    if body.model not in (capabilities.engine, capabilities.model, "auto", *core.settings.openai.models):
        raise ResourceNotFoundError(f"There is no model {body.model[:80]!r} here.", field="model")
    extras = {name: value for name, value in (body.model_extra or {}).items() if name in _OWN_FIELDS}
    fields = {**extras, "text": body.input, "voice": _voice(body.voice_name, core), "speed_factor": body.speed}
    try:
        return SpokenInput.model_validate(fields)
    except ValidationError as error:
        raise RequestValidationError([{**item, "loc": ("body", *item["loc"])} for item in error.errors()]) from error


def _voice(asked: str, core: CoreEngine) -> str:
    """A voice of this service; for OpenAI's names the one of the settings or, if it is not there, the default."""
    own = {voice.name for voice in core.casting.voices}
    mapped = core.settings.openai.voices.get(asked.lower())
    if asked in own or mapped is None:
        return asked
    return mapped if mapped in own else ""


def _ignored(body: OpenAISpeechRequest) -> list[str]:
    unknown = [name for name in body.model_extra or {} if name not in _OWN_FIELDS]
    return ["instructions", *unknown] if body.instructions else unknown
