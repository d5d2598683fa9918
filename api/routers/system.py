"""State of the service: health, readiness, capabilities and effective settings."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from api.deps import Core, Errors, Monitoring, Resources
from api.health import health_of
from api_models import (
    CapabilitiesResponse,
    EngineInfo,
    HealthResponse,
    LiveResponse,
    ParameterInfo,
    ReadyResponse,
    VoiceInfo,
)
from core_engine import CoreEngine
from speech.audio.encode import FORMATS
from speech.engines.protocol import Engine, Voice
from speech.engines.registry import engine_names
from utils import VERSION

router = APIRouter(tags=["system"])

FOLDERS: Any = {"paths": True, "models": {"local_dir"}, "server": {"log_file_path"}}
"""Settings that say where things lie on this machine; nobody outside needs to know."""


@router.get("/health")
async def health(core: Core, monitor: Monitoring, resources: Resources, errors: Errors) -> HealthResponse:
    """What works and what does not, and what asks for attention."""
    return await asyncio.to_thread(health_of, core, monitor, resources, errors)


@router.get("/health/live")
async def live() -> LiveResponse:
    """The process answers."""
    return LiveResponse()


@router.get("/health/ready", responses={503: {"model": ReadyResponse}})
async def ready(core: Core) -> JSONResponse:
    """200 once speech requests are answered, 503 with the reason before."""
    readiness = core.readiness
    body = ReadyResponse(ready=readiness.ready, state=readiness.state, reason=readiness.reason)
    headers = None if readiness.ready else {"Retry-After": "5"}
    return JSONResponse(body.model_dump(), 200 if readiness.ready else 503, headers=headers)


@router.get("/capabilities")
async def capabilities(core: Core) -> CapabilitiesResponse:
    """Everything a client can ask for as the service is configured."""
    return describe(core)


@router.get("/config")
async def config(core: Core) -> dict[str, Any]:
    """Effective settings without folders."""
    settings = core.settings.model_dump(mode="json", exclude=FOLDERS)
    return {
        "version": VERSION,
        "tts_defaults": settings["tts_defaults"],
        "supported_formats": list(FORMATS),
        "api_limits": settings["api"],
        "settings": settings,
    }


def describe(core: CoreEngine) -> CapabilitiesResponse:
    """The capabilities document."""
    validator = core.validator
    return CapabilitiesResponse.model_validate(
        {
            "version": VERSION,
            "engine": core.engine.capabilities.engine,
            "engine_reason": core.chosen.reason,
            "engines": list(engine_names()),
            "active": _engine_info(core.engine, core.casting.voices),
            "formats": list(FORMATS),
            "validator": validator.name if validator else None,
            "validator_languages": list(validator.languages) if validator else [],
            "max_text_length": core.settings.api.max_text_length,
        }
    )


def _engine_info(engine: Engine, voices: Sequence[Voice]) -> EngineInfo:
    own = engine.capabilities
    return EngineInfo(
        engine=own.engine,
        model=own.model,
        version=own.version,
        sample_rate=own.sample_rate,
        languages=list(own.languages),
        parameters=[
            ParameterInfo(
                name=item.name,
                minimum=item.minimum,
                maximum=item.maximum,
                default=item.default,
                description=item.description,
            )
            for item in own.parameters
        ],
        tags=list(own.tags),
        max_characters=own.max_characters,
        max_batch=own.max_batch,
        cloning=own.cloning,
        matching=own.matching,
        conversion=own.conversion,
        seeded=own.seeded,
        watermark=own.watermark,
        notes=list(own.notes),
        voices=[
            VoiceInfo(name=voice.name, language=voice.language, gender=voice.gender, description=voice.description)
            for voice in voices
        ],
    )
