"""Figures of the service, for people and for Prometheus."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST

from api.deps import Monitoring
from api_models import MetricsResponse

router = APIRouter(tags=["system"])

_TEXT: dict[int | str, dict[str, Any]] = {200: {"description": "Prometheus' format.", "content": {"text/plain": {}}}}


@router.get("/metrics")
async def metrics(monitor: Monitoring) -> MetricsResponse:
    """What the process uses, and how long things took in the last hour."""
    return MetricsResponse.model_validate(await asyncio.to_thread(monitor.report))


@router.get("/metrics/prometheus", response_class=Response, responses=_TEXT)
async def prometheus(monitor: Monitoring) -> Response:
    """All metrics, for Prometheus to scrape."""
    return Response(await asyncio.to_thread(monitor.metrics.exposition), media_type=CONTENT_TYPE_LATEST)
