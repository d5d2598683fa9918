"""What every log line of the present work carries: the id of its request and the name of its operation."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar

_facts: ContextVar[Mapping[str, str]] = ContextVar("log_facts", default={})  # noqa: B039  a mapping nobody changes


def log_facts() -> Mapping[str, str]:
    """Those of the present thread or task; copied contexts carry them on."""
    return _facts.get()


@contextlib.contextmanager
def log_facts_of(**facts: str) -> Iterator[None]:
    """Add facts for the length of the block."""
    token = _facts.set({**_facts.get(), **facts})
    try:
        yield
    finally:
        _facts.reset(token)


def set_log_facts(**facts: str) -> None:
    """Replace all facts of the present context."""
    _facts.set(facts)
