"""What is remembered of an error, and how bad it is: decided by its type, never by the words of its message."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, Literal

from exceptions import (
    ChatterboxError,
    ConfigurationError,
    DeadlineExceededError,
    DiskFullError,
    ModelLoadError,
    NotReadyError,
    QueueFullError,
)

Category = Literal["transient", "permanent", "resource", "configuration"]
Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")

_KINDS: dict[type[BaseException], tuple[Category, Severity]] = {
    QueueFullError: ("resource", "medium"),
    NotReadyError: ("transient", "medium"),
    DeadlineExceededError: ("transient", "medium"),
    DiskFullError: ("resource", "critical"),
    ModelLoadError: ("configuration", "critical"),
    ConfigurationError: ("configuration", "critical"),
    MemoryError: ("resource", "critical"),
    TimeoutError: ("transient", "medium"),
    ConnectionError: ("transient", "medium"),
    OSError: ("resource", "high"),
}
_CALLERS_MISTAKE: tuple[Category, Severity] = ("permanent", "low")
_FAULT: tuple[Category, Severity] = ("permanent", "high")


@dataclass(frozen=True)
class ErrorRecord:
    """One error that happened.

    Attributes:
        timestamp: ISO 8601, UTC.
        operation: what failed: ``tts``, or method and route of a request.
        error_type: name of the exception's class, or the code of a refusal that had none.
        error_code: as the reply has it.
        error_message: one sentence for people, without paths.
        category: whether a retry, more room or another configuration helps.
        severity: how much of the service it concerns.
        fingerprint: equal for errors of one cause.
        request_id: of the request, or of the work outside of any.
        context: JSON-able facts.
        resolved: the same operation succeeded afterwards.
        resolution_timestamp: when it did.
        retry_count: how often it was tried again before it was given up.
    """

    timestamp: str
    operation: str
    error_type: str
    error_code: str
    error_message: str
    category: Category
    severity: Severity
    fingerprint: str
    request_id: str = ""
    context: dict[str, Any] = field(default_factory=dict)
    resolved: bool = False
    resolution_timestamp: str | None = None
    retry_count: int = 0


def classify(error: BaseException | None, status: int) -> tuple[Category, Severity]:
    """Category and severity of an exception, or of a refusal by its HTTP status if there was none."""
    for kind in type(error).__mro__ if error is not None else ():
        if kind in _KINDS:
            return _KINDS[kind]
    return _CALLERS_MISTAKE if status < 500 else _FAULT


def fingerprint(operation: str, error_type: str, error: BaseException | None) -> str:
    """Twelve hexadecimal digits of the operation, the error's type and the innermost place it came from."""
    place = ""
    trace = error.__traceback__ if error is not None else None
    while trace is not None:
        place = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_frame.f_code.co_name}"
        trace = trace.tb_next
    return hashlib.sha256(f"{operation}|{error_type}|{place}".encode()).hexdigest()[:12]


def status_of(error: BaseException) -> int:
    """HTTP status that an exception of the core becomes."""
    return error.status if isinstance(error, ChatterboxError) else 500


def code_of(error: BaseException) -> str:
    """Error code that an exception of the core becomes."""
    return error.code if isinstance(error, ChatterboxError) else ChatterboxError.code


def sentence_of(error: BaseException) -> str:
    """What may be shown of an exception: our own sentences, but of others only what kind they are."""
    return error.message if isinstance(error, ChatterboxError) else f"Unforeseen {type(error).__name__}; see the log."
