"""How work that may fail for a moment is tried again: whoever builds the parts says so, they only obey."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Retry(Protocol):
    """Runs `work`, once or several times, and gives its result or its last exception."""

    def __call__(self, work: Callable[[], T]) -> T:
        """Run it."""
        ...


def once(work: Callable[[], T]) -> T:
    """No second try."""
    return work()
