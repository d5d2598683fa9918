"""The errors that the service remembers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import Errors
from api_models import ErrorEntry, ErrorSummary, RecentErrors

router = APIRouter(prefix="/errors", tags=["system"])


@router.get("/summary")
async def summary(errors: Errors) -> ErrorSummary:
    """What went wrong in the last 24 hours."""
    return ErrorSummary.model_validate(errors.summary())


@router.get("/recent")
async def recent(
    errors: Errors, count: Annotated[int, Query(ge=0, le=50, description="How many, newest first.")] = 10
) -> RecentErrors:
    """The latest errors."""
    entries = [ErrorEntry.model_validate(entry) for entry in errors.recent(count)]
    return RecentErrors(recent_errors=entries, total_stored=errors.stored)
