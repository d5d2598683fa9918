"""Brings models into memory and out of it by hand."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter

from api.deps import Core, Workers
from api_models import ModelResponse

router = APIRouter(tags=["system"])


@router.post("/models/{name}/load")
async def load(name: str, core: Core, workers: Workers) -> ModelResponse:
    """Load `tts` or `whisper` and wait for it; does nothing if it is in memory."""
    await asyncio.get_running_loop().run_in_executor(workers, core.models.load, name)
    return ModelResponse(name=name, loaded=core.models.loaded[name])


@router.post("/models/{name}/unload")
async def unload(name: str, core: Core, workers: Workers) -> ModelResponse:
    """Free the memory of `tts` or `whisper`; the next request that needs it loads it again."""
    await asyncio.get_running_loop().run_in_executor(workers, core.models.unload, name)
    return ModelResponse(name=name, loaded=core.models.loaded[name])
