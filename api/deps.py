"""What routes are given: the core engine and the worker threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, cast

from fastapi import Depends, Request

from core_engine import CoreEngine


def _core(request: Request) -> CoreEngine:
    return cast(CoreEngine, request.app.state.core)


def _workers(request: Request) -> ThreadPoolExecutor:
    return cast(ThreadPoolExecutor, request.app.state.workers)


Core = Annotated[CoreEngine, Depends(_core)]
Workers = Annotated[ThreadPoolExecutor, Depends(_workers)]
