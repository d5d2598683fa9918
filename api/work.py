"""Runs blocking work of one request in a thread and stops it when the client hangs up."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from fastapi import Request

from speech.cancel import CancelToken

T = TypeVar("T")

HANG_UP_CHECK_SECONDS = 0.2


async def run_until_hang_up(
    request: Request, workers: ThreadPoolExecutor, timeout: float, work: Callable[[CancelToken], T]
) -> T:
    """Result of `work`, which is given a token that a hang-up, the deadline or a server stop triggers.

    The framework itself cancels nothing when a client goes away.
    """
    token = CancelToken(time.monotonic() + timeout)
    context = contextvars.copy_context()
    future = asyncio.get_running_loop().run_in_executor(workers, context.run, work, token)
    try:
        while True:
            done, _ = await asyncio.wait({future}, timeout=HANG_UP_CHECK_SECONDS)
            if done:
                return future.result()
            if await request.is_disconnected():
                token.cancel()
    except asyncio.CancelledError:
        token.cancel()
        raise
