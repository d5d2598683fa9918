"""One shape for every failure, whichever part of the stack found it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from api_models import ErrorBody
from exceptions import ChatterboxError
from utils import utc_timestamp

log = logging.getLogger("chatterbox.api")

_CODES = {
    400: "VALIDATION_ERROR",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "RESOURCE_NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    408: "REQUEST_TIMEOUT",
    409: "CONFLICT",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA",
    422: "VALIDATION_ERROR",
}


def failure_responses(body: type[BaseModel], *statuses: int) -> dict[int | str, dict[str, Any]]:
    """What the OpenAPI description of a route says about its failures.

    The first names the model, the others refer to it: FastAPI builds a validator for each model that is named, and for
    all failures of all routes that would hold up the first request for half a second.
    """
    reference = {"$ref": f"#/components/schemas/{body.__name__}"}
    referring = {"content": {"application/json": {"schema": reference}}}
    return {status: referring if number else {"model": body} for number, status in enumerate(statuses)}


ERROR_RESPONSES = failure_responses(
    ErrorBody, 400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 429, 499, 500, 502, 503, 504, 507
)
"""For the OpenAPI description of every route."""


class ErrorReply(JSONResponse):
    """A failure on its way out; whoever watches requests finds it in ``scope["state"]["failure"]``.

    Attributes:
        error_body: what is sent.
        error: the exception behind it, where there was one.
    """

    def __init__(
        self, error_body: ErrorBody, status: int, headers: dict[str, str] | None, error: Exception | None
    ) -> None:
        super().__init__(error_body.model_dump(), status, headers=headers)
        self.error_body = error_body
        self.error = error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        scope.setdefault("state", {})["failure"] = (self.error_body, self.error, self.status_code)
        await super().__call__(scope, receive, send)


def error_response(
    status: int,
    code: str,
    message: str,
    request_id: str,
    *,
    detail: Any = None,
    headers: dict[str, str] | None = None,
    error: Exception | None = None,
) -> ErrorReply:
    """A reply in the one error shape."""
    body = ErrorBody(error=message, error_code=code, detail=detail, timestamp=utc_timestamp(), request_id=request_id)
    return ErrorReply(body, status, headers, error)


def install_error_handlers(app: FastAPI) -> None:
    """Answer our own exceptions, the framework's and the unforeseen ones in the one shape."""
    app.add_exception_handler(ChatterboxError, _own)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(Exception, _unforeseen)


def _request_id(request: Request) -> str:
    return str(getattr(request.state, "request_id", ""))


def refusal(scope: Scope, error: ChatterboxError) -> JSONResponse:
    """The reply to an exception of ours, for whoever stands before the handlers."""
    request_id = str(scope.get("state", {}).get("request_id", ""))
    if error.status >= 500:
        log.error("%s: %s", error.code, error.message, exc_info=error.__cause__)
    detail = error.detail
    if error.field is not None:
        detail = [{"field": error.field, "message": error.message, **(detail if isinstance(detail, dict) else {})}]
    headers = {"Retry-After": str(error.retry_after or 5)} if error.status in (429, 503, 507) else {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return error_response(
        error.status, error.code, error.message, request_id, detail=detail, headers=headers, error=error
    )


async def _own(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ChatterboxError)
    return refusal(request.scope, error)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = error.errors()
    if _has_wrong_media(request, errors):
        return error_response(
            415, "UNSUPPORTED_MEDIA", "Send the request as application/json.", _request_id(request), error=error
        )
    detail = [{"field": _field(_location(item)), "message": _message(item)} for item in errors]
    first = detail[0]
    sentence = f"{first['field']}: {first['message']}" if first["field"] else str(first["message"])
    return error_response(422, "VALIDATION_ERROR", sentence, _request_id(request), detail=detail, error=error)


def _has_wrong_media(request: Request, errors: Sequence[Any]) -> bool:
    media = request.headers.get("content-type", "").split(";")[0].strip().lower()
    return (
        request.method in ("POST", "PUT", "PATCH")
        and not (media == "application/json" or media.endswith("+json"))
        and any(item["loc"] == ("body",) and item["type"] != "value_error" for item in errors)
    )


def _location(item: Any) -> Sequence[Any]:
    """Where the fault is; of a choice between models, the field that chooses."""
    chooser = item.get("ctx", {}).get("discriminator", "") if item["type"].startswith("union_tag") else ""
    return (*item["loc"], *([chooser.strip("'")] if chooser else []))


def _field(location: Sequence[Any]) -> str:
    parts = [str(part) for part in location if isinstance(part, str) or location[0] != "body" or len(location) > 2]
    if parts and parts[0] in ("body", "query", "path", "header"):
        parts = parts[1:]
    return ".".join(parts)


def _message(item: Any) -> str:
    kind = item["type"]
    if kind == "extra_forbidden":
        return "unknown field"
    if kind == "json_invalid":
        return "the body is not valid JSON"
    if kind == "value_error":
        return str(item["ctx"]["error"])
    message = str(item["msg"])
    return message[:1].lower() + message[1:]


async def _framework(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = _CODES.get(error.status_code, "INTERNAL_ERROR")
    sentences = {404: "There is nothing at this address.", 405: "This address does not take that method."}
    message = sentences.get(error.status_code, str(error.detail))
    headers = dict(error.headers) if error.headers else None
    return error_response(error.status_code, code, message, _request_id(request), headers=headers, error=error)


async def _unforeseen(request: Request, error: Exception) -> JSONResponse:
    log.error("unforeseen %s", type(error).__name__, exc_info=error)
    message = "Something went wrong inside; the log tells more under this request id."
    return error_response(500, "INTERNAL_ERROR", message, _request_id(request), error=error)
