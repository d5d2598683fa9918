"""How often somebody may ask."""

from __future__ import annotations

import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from exceptions import RateLimitedError

FAILURES_PER_MINUTE = 10
"""Wrong keys of one address after which it is not listened to for a while."""


class RateLimits:
    """Moving windows of a minute, kept in memory; methods may be called from any thread.

    Args:
        requests_per_minute: for each key, or for each address where no key is needed; 0 for no limit.
    """

    def __init__(self, requests_per_minute: int) -> None:
        self._windows = MovingWindowRateLimiter(MemoryStorage())
        self._requests = RateLimitItemPerMinute(requests_per_minute) if requests_per_minute else None
        self._failures = RateLimitItemPerMinute(FAILURES_PER_MINUTE)

    def count_request(self, who: str) -> None:
        """Count a request. Raises ``RateLimitedError`` with the seconds to wait."""
        if self._requests is not None and not self._windows.hit(self._requests, "request", who):
            raise self._refusal(self._requests, "request", who)

    def refuse_after_failures(self, address: str) -> None:
        """Raise ``RateLimitedError`` if too many wrong keys came from there."""
        if not self._windows.test(self._failures, "failure", address):
            raise self._refusal(self._failures, "failure", address)

    def count_failure(self, address: str) -> None:
        """Count a wrong key."""
        self._windows.hit(self._failures, "failure", address)

    def _refusal(self, item: RateLimitItemPerMinute, kind: str, who: str) -> RateLimitedError:
        reset = self._windows.get_window_stats(item, kind, who).reset_time
        seconds = max(1, math.ceil(reset - time.time()))
        return RateLimitedError(f"That is more than {item.amount} a minute; wait {seconds} s.", retry_after=seconds)
