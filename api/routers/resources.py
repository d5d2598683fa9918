"""What the folders hold, and cleaning them up."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import Cleanup, Resources
from api_models import CleanupReport, CleanupStatus, ResourcesResponse

router = APIRouter(tags=["system"])


@router.get("/resources")
async def resources(manager: Resources) -> ResourcesResponse:
    """The folders beside their limits."""
    return ResourcesResponse.model_validate(await asyncio.to_thread(manager.usage))


@router.post("/cleanup")
async def clean_up(
    manager: Resources, dry_run: Annotated[bool, Query(description="Only list what would go.")] = False
) -> CleanupReport:
    """Bring the folders back within their limits now."""
    return CleanupReport.model_validate(await asyncio.to_thread(manager.clean_up, dry_run=dry_run))


@router.get("/cleanup/status")
async def status(cleanup: Cleanup) -> CleanupStatus:
    """The schedule and the last clean-ups."""
    return CleanupStatus.model_validate(cleanup.status())
