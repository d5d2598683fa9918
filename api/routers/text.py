"""What would be said, without saying it."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter

from api.deps import Core, Workers
from api.replies import preview_response
from api_models import TextPreviewRequest, TextPreviewResponse
from core_engine import CoreEngine

router = APIRouter(tags=["speech"])


@router.post("/text/preview")
async def preview(body: TextPreviewRequest, core: Core, workers: Workers) -> TextPreviewResponse:
    """The text after its rules and the chunks in which it would be spoken; generates nothing."""
    return await asyncio.get_running_loop().run_in_executor(workers, _preview, body, core)


def _preview(body: TextPreviewRequest, core: CoreEngine) -> TextPreviewResponse:
    planned = core.plan(body)
    lower = body.with_defaults(core.casting.defaults(body)).to_lowercase
    return preview_response(planned, core, lower=lower)
