"""What would be said, without saying it."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter

from api.deps import Core, Workers
from api.replies import preview_response
from api_models import TextPreviewRequest, TextPreviewResponse

router = APIRouter(tags=["speech"])


@router.post("/text/preview")
async def preview(body: TextPreviewRequest, core: Core, workers: Workers) -> TextPreviewResponse:
    """The text after its rules and the chunks in which it would be spoken; generates nothing."""
    planned = await asyncio.get_running_loop().run_in_executor(workers, core.plan, body)
    lower = body.with_defaults(core.settings.tts_defaults).to_lowercase
    return preview_response(planned, core, lower=lower)
