"""Every failure this service names, each with its code, HTTP status and whether a retry can help.

::

    ChatterboxError                 INTERNAL_ERROR       500
    ├── InvalidRequestError         VALIDATION_ERROR     422   the caller's input; names the field
    ├── UnauthorizedError           UNAUTHORIZED         401   no key, or a wrong one
    ├── ForbiddenError              FORBIDDEN            403   a key without the scope; a page from elsewhere
    ├── ResourceNotFoundError       RESOURCE_NOT_FOUND   404
    ├── ConflictError               CONFLICT             409
    ├── PayloadTooLargeError        PAYLOAD_TOO_LARGE    413
    ├── UnsupportedMediaError       UNSUPPORTED_MEDIA    415
    ├── QueueFullError              QUEUE_FULL           429   retryable
    ├── RateLimitedError            RATE_LIMITED         429   retryable
    ├── CancelledError              CANCELLED            499
    ├── GenerationError             GENERATION_ERROR     502   names the chunk
    ├── ModelLoadError              MODEL_LOAD_ERROR     503   retryable
    ├── NotReadyError               NOT_READY            503   retryable
    │   ├── DeviceMemoryError       NOT_READY            503   retryable
    │   └── DeviceLostError         NOT_READY            503   the process has to start anew
    ├── DeadlineExceededError       DEADLINE_EXCEEDED    504   retryable
    ├── DiskFullError               DISK_FULL            507
    └── ConfigurationError          CONFIGURATION_ERROR  500   start-up only
"""

from __future__ import annotations

from typing import ClassVar


class ChatterboxError(Exception):
    """Base of all failures that reach a caller.

    Attributes:
        code: machine-readable name, stable between versions.
        status: HTTP status of the answer.
        retryable: whether the same call can succeed later without a change.
        message: one sentence for people, without paths or internals.
        field: dotted path of the request field at fault, if one is.
        detail: JSON-able facts that help the caller.
        retry_after: seconds until a retry makes sense, if known.
    """

    code: ClassVar[str] = "INTERNAL_ERROR"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        detail: object = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.detail = detail
        self.retry_after = retry_after


class InvalidRequestError(ChatterboxError):
    """The request cannot be carried out as it is written."""

    code = "VALIDATION_ERROR"
    status = 422


class UnauthorizedError(ChatterboxError):
    """The request carries no API key, or a wrong one, where one is needed."""

    code = "UNAUTHORIZED"
    status = 401


class ForbiddenError(ChatterboxError):
    """The key may not do this, or a browser asks for a page that may not."""

    code = "FORBIDDEN"
    status = 403


class ResourceNotFoundError(ChatterboxError):
    """A named voice, file or route does not exist."""

    code = "RESOURCE_NOT_FOUND"
    status = 404


class ConflictError(ChatterboxError):
    """The request contradicts the present state."""

    code = "CONFLICT"
    status = 409


class PayloadTooLargeError(ChatterboxError):
    """The body is larger than the configured limit."""

    code = "PAYLOAD_TOO_LARGE"
    status = 413


class UnsupportedMediaError(ChatterboxError):
    """The body's type is not one this route reads."""

    code = "UNSUPPORTED_MEDIA"
    status = 415


class QueueFullError(ChatterboxError):
    """The lane's queue is full; nothing was allocated for this request."""

    code = "QUEUE_FULL"
    status = 429
    retryable = True


class RateLimitedError(ChatterboxError):
    """More requests in a minute than the caller may make."""

    code = "RATE_LIMITED"
    status = 429
    retryable = True


class CancelledError(ChatterboxError):
    """The caller went away or pressed Stop."""

    code = "CANCELLED"
    status = 499


class GenerationError(ChatterboxError):
    """The engine or every take of a chunk failed."""

    code = "GENERATION_ERROR"
    status = 502


class ModelLoadError(ChatterboxError):
    """Model files are missing, damaged or cannot be loaded."""

    code = "MODEL_LOAD_ERROR"
    status = 503
    retryable = True


class NotReadyError(ChatterboxError):
    """The service is starting, stopping or waiting for its engine."""

    code = "NOT_READY"
    status = 503
    retryable = True


class DeviceMemoryError(NotReadyError):
    """The device has too little memory for this work, even alone; raised by engines."""


class DeviceLostError(NotReadyError):
    """The device failed in a way that only a new process mends; raised by engines."""


class DeadlineExceededError(ChatterboxError):
    """The request could not be finished within its time limit."""

    code = "DEADLINE_EXCEEDED"
    status = 504
    retryable = True


class DiskFullError(ChatterboxError):
    """Free disk space is below the floor or ran out while writing."""

    code = "DISK_FULL"
    status = 507


class ConfigurationError(ChatterboxError):
    """The configuration names an unknown key or an impossible value; the service does not start."""

    code = "CONFIGURATION_ERROR"
