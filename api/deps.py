"""What routes are given: the core engine, the worker threads and what watches them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, cast

from fastapi import Depends, Request

from core.job_service import JobService
from core_engine import CoreEngine
from management.resources import ResourceManager
from management.scheduler import CleanupScheduler
from monitoring.monitor import Monitor
from resilience.tracker import ErrorTracker


async def _core(request: Request) -> CoreEngine:
    return cast(CoreEngine, request.app.state.core)


async def _workers(request: Request) -> ThreadPoolExecutor:
    return cast(ThreadPoolExecutor, request.app.state.workers)


async def _files(request: Request) -> ThreadPoolExecutor:
    return cast(ThreadPoolExecutor, request.app.state.files)


async def _monitor(request: Request) -> Monitor:
    return cast(Monitor, request.app.state.monitor)


async def _resources(request: Request) -> ResourceManager:
    return cast(ResourceManager, request.app.state.resources)


async def _cleanup(request: Request) -> CleanupScheduler:
    return cast(CleanupScheduler, request.app.state.cleanup)


async def _tracker(request: Request) -> ErrorTracker:
    return cast(ErrorTracker, request.app.state.tracker)


async def _jobs(request: Request) -> JobService:
    return cast(JobService, request.app.state.jobs)


Core = Annotated[CoreEngine, Depends(_core)]
Workers = Annotated[ThreadPoolExecutor, Depends(_workers)]
"""Threads in which requests are spoken, converted, joined and taken in."""
Files = Annotated[ThreadPoolExecutor, Depends(_files)]
"""Threads in which the library is looked through, so that a file is found however much is being spoken."""
Monitoring = Annotated[Monitor, Depends(_monitor)]
Errors = Annotated[ErrorTracker, Depends(_tracker)]
Resources = Annotated[ResourceManager, Depends(_resources)]
Cleanup = Annotated[CleanupScheduler, Depends(_cleanup)]
JobWork = Annotated[JobService, Depends(_jobs)]


async def _refuse_overload(core: Core) -> None:
    core.door.refuse_overload()


BEFORE_WORK = [Depends(_refuse_overload)]
"""Of routes that make the service work: refuses what cannot be taken on before its body is looked at."""
