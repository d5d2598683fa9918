"""What routes are given: the core engine, the worker threads and what watches them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, cast

from fastapi import Depends, Request

from core_engine import CoreEngine
from monitoring.monitor import Monitor
from resilience.tracker import ErrorTracker


def _core(request: Request) -> CoreEngine:
    return cast(CoreEngine, request.app.state.core)


def _workers(request: Request) -> ThreadPoolExecutor:
    return cast(ThreadPoolExecutor, request.app.state.workers)


def _monitor(request: Request) -> Monitor:
    return cast(Monitor, request.app.state.monitor)


def _tracker(request: Request) -> ErrorTracker:
    return cast(ErrorTracker, request.app.state.tracker)


Core = Annotated[CoreEngine, Depends(_core)]
Workers = Annotated[ThreadPoolExecutor, Depends(_workers)]
Monitoring = Annotated[Monitor, Depends(_monitor)]
Errors = Annotated[ErrorTracker, Depends(_tracker)]
