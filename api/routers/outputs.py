"""Serves finished audio; sidecars stay private."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from fastapi.responses import FileResponse

from api.deps import Core, Workers
from api_models.replies import OUTPUTS_URL

router = APIRouter(tags=["outputs"])


@router.get(f"{OUTPUTS_URL}/{{path:path}}", response_class=FileResponse)
async def output_file(path: str, core: Core, workers: Workers) -> FileResponse:
    """One audio file; byte ranges are answered."""
    found, media_type = await asyncio.get_running_loop().run_in_executor(workers, core.outputs.find, path)
    return FileResponse(found, media_type=media_type, filename=found.name, content_disposition_type="inline")
