"""Everything that can go wrong, as one tree made from the service's error body.

ServiceError
├── UnreachableError     no connection, no answer in time, or an answer that broke off
├── JobNotDoneError      a job that was waited for failed, was cancelled, or took too long
└── RefusedError         the service answered with an error; has its code, field and request id
    ├── InvalidRequestError  400, 413, 415, 422
    ├── AccessError          401, 403
    ├── NotFoundError        404
    ├── ConflictError        409
    ├── BusyError            429, 503: try again after `retry_after` seconds
    └── FailedError          other 5xx
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


class ServiceError(Exception):
    """Anything that this package raises."""


class UnreachableError(ServiceError):
    """The service did not answer, or its answer broke off."""


class JobNotDoneError(ServiceError):
    """A job that was waited for has no result.

    Attributes:
        job: as it stood last.
    """

    def __init__(self, message: str, job: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.job = job


class RefusedError(ServiceError):
    """The service answered with an error.

    Attributes:
        status: of HTTP; 0 where the error came over a WebSocket.
        code: one word for programs, such as `VALIDATION_ERROR`; docs/api.md lists them.
        message: one sentence for people.
        field: path of the field that cannot be used, if it is one.
        detail: further facts.
        request_id: finds the request in the service's log.
        retry_after: seconds after which another attempt is worth while, where the service tells.
    """

    def __init__(self, status: int, body: Mapping[str, Any], retry_after: float | None = None) -> None:
        self.status = status
        self.code = str(body.get("error_code") or "UNKNOWN")
        self.message = str(body.get("error") or f"The answer had status {status}.")
        self.detail = body.get("detail")
        self.field = _field(self.detail)
        self.request_id = str(body.get("request_id") or "")
        self.retry_after = retry_after
        super().__init__(f"{self.code}: {self.message}")


class InvalidRequestError(RefusedError):
    """Something in the request cannot be used."""


class AccessError(RefusedError):
    """No API key, a wrong one, or one that may not do this."""


class NotFoundError(RefusedError):
    """There is no such file, job or address."""


class ConflictError(RefusedError):
    """A name is taken, or the thing is in a state that does not allow it."""


class BusyError(RefusedError):
    """Too many requests, or not ready yet."""


class FailedError(RefusedError):
    """The service could not do it."""


_KINDS: Mapping[int, type[RefusedError]] = {
    **dict.fromkeys((400, 413, 415, 422), InvalidRequestError),
    **dict.fromkeys((401, 403), AccessError),
    404: NotFoundError,
    409: ConflictError,
    **dict.fromkeys((429, 503), BusyError),
}


def refusal(status: int, headers: Mapping[str, str], content: bytes) -> RefusedError:
    """The error that an answer tells, whatever stands in its body."""
    try:
        body = json.loads(content)
    except ValueError:
        body = None
    seconds = headers.get("Retry-After", "")
    kind = _KINDS.get(status, FailedError if status >= 500 else RefusedError)
    facts = {"request_id": headers.get("X-Request-ID"), **(_own_shape(body) if isinstance(body, dict) else {})}
    return kind(status, facts, float(seconds) if seconds.isdecimal() else None)


def _own_shape(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """An error body as most addresses send it; below `/v1` it has OpenAI's shape."""
    error = body.get("error")
    if not isinstance(error, dict):
        return body
    code = str(error.get("code") or "").upper()
    return {"error": error.get("message"), "error_code": code, "detail": [{"field": error.get("param")}]}


def _field(detail: Any) -> str | None:
    first = detail[0] if isinstance(detail, list) and detail else None
    return str(first["field"]) if isinstance(first, dict) and first.get("field") else None
