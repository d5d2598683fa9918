"""Named policies by which work is tried again after errors that pass by themselves."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from config_sections import ErrorHandlingSettings
from resilience.records import classify

log = logging.getLogger("chatterbox.retries")

T = TypeVar("T")

JITTER = 0.1
"""Share of the first pause that is added at random, where jitter is on."""
RETRYABLE_STATUS = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class RetryPolicy:
    """When and how often to try again.

    Attributes:
        name: in the log.
        retries: further tries after the first.
        base_seconds: pause before the first of them.
        max_seconds: longest pause.
        factor: what each pause is longer than the one before.
        jitter: vary the pauses, so that many callers do not come back at once.
        give_up_seconds: no further try is begun after so long; ``None`` for no limit.
    """

    name: str
    retries: int
    base_seconds: float
    max_seconds: float
    factor: float
    jitter: bool
    give_up_seconds: float | None = None

    def __call__(self, work: Callable[[], T]) -> T:
        """Result of `work`, or its last exception; only errors that may pass are tried again.

        What is raised after retries says so in ``error.retry_count``.
        """
        import stamina
        from stamina.instrumentation import set_on_retry_hooks

        # stamina's own hooks print, and count in a registry of the whole process.
        set_on_retry_hooks([])
        attempts = stamina.retry_context(
            on=passing,
            attempts=self.retries + 1,
            timeout=self.give_up_seconds,
            wait_initial=self.base_seconds,
            wait_max=self.max_seconds,
            wait_jitter=self.base_seconds * JITTER if self.jitter else 0.0,
            wait_exp_base=self.factor,
        )
        for attempt in attempts:
            with attempt:
                return self._try(work, attempt.num, attempt.next_wait)
        raise AssertionError("the last attempt returns or raises")

    def _try(self, work: Callable[[], T], number: int, pause: float) -> T:
        try:
            return work()
        except Exception as error:
            error.retry_count = number - 1  # type: ignore[attr-defined]
            if number <= self.retries and passing(error):
                log.warning("%s: try %d failed, the next is in %.1f s", self.name, number, pause, exc_info=error)
            raise


def download_policy(settings: ErrorHandlingSettings, give_up_seconds: float | None = None) -> RetryPolicy:
    """How downloads are tried again.

    Args:
        settings: ``download_retries`` counts.
        give_up_seconds: no further try is begun after so long.
    """
    own = settings.download_retries
    return RetryPolicy(
        "download",
        own.max_retries,
        own.base_delay_seconds,
        own.max_delay_seconds,
        own.backoff_factor,
        own.enable_jitter,
        give_up_seconds,
    )


def model_download_policy(settings: ErrorHandlingSettings) -> RetryPolicy:
    """How downloads of models are tried again."""
    return download_policy(settings, settings.model_loading.download_timeout_seconds or None)


def passing(error: Exception) -> bool:
    """Whether an error may be gone at the next try: a lost or refused connection, a time-out, a busy server."""
    return any(_passing(cause) for cause in _causes(error))


def _passing(error: BaseException) -> bool:
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None:
        return status in RETRYABLE_STATUS
    # HTTP libraries have trees of their own for what happens on the way.
    on_the_way = any(kind.__name__ == "TransportError" for kind in type(error).__mro__)
    return on_the_way or (isinstance(error, OSError) and classify(error, 500)[0] == "transient")


def _causes(error: BaseException) -> Iterator[BaseException]:
    present: BaseException | None = error
    while present is not None:
        yield present
        present = present.__cause__
