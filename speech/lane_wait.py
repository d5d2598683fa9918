"""Waiting for the lane without missing that the caller's time is over."""

from __future__ import annotations

from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TypeVar

from speech.cancel import CancelToken

WAIT_STEP_SECONDS = 0.25
"""How often a waiting caller looks at its cancel token."""

T = TypeVar("T")


def wait_for(future: Future[T], cancel: CancelToken) -> T:
    """The future's result, which is given up as soon as `cancel` says so.

    Raises:
        CancelledError, DeadlineExceededError: from `cancel`; otherwise whatever the future ends with.
    """
    while True:
        try:
            return future.result(timeout=WAIT_STEP_SECONDS)
        except FutureTimeoutError:
            try:
                cancel.raise_if_stopped()
            except BaseException:
                future.cancel()
                raise
