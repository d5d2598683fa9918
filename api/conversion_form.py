"""Reads a voice conversion request, which comes as JSON or as a form with the recording in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile

from api_models import VCOptions, VCRequest
from core.conversion_work import SourceRecording
from exceptions import InvalidRequestError, UnsupportedMediaError

UPLOAD: Final = "input_audio"
_LISTS: Final = ("export_formats", "captions")
_MOST_FIELDS: Final = 100

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Submission:
    """What a client sent: the fields, and the recording if it was uploaded."""

    options: VCOptions
    upload: SourceRecording | None = None


async def read_submission(request: Request) -> AsyncIterator[Submission]:
    """The request in either form; an uploaded recording stays open until the answer is sent.

    Raises:
        UnsupportedMediaError: neither JSON nor a form.
        RequestValidationError: a field is missing, unknown or out of range.
    """
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media == "multipart/form-data":
        async with request.form(max_files=1, max_fields=_MOST_FIELDS) as form:
            yield _from_form(form)
    elif media == "application/json" or media.endswith("+json"):
        yield Submission(_validated(VCRequest, await request.body()))
    else:
        raise UnsupportedMediaError("Send the request as application/json or multipart/form-data.")


def _from_form(form: FormData) -> Submission:
    fields: dict[str, Any] = {name: form.getlist(name) for name in form}
    uploads = fields.pop(UPLOAD, [])
    values = {name: _value(name, given) for name, given in fields.items()}
    if not uploads:
        return Submission(_validated(VCRequest, values))
    upload = uploads[0]
    if not isinstance(upload, UploadFile) or len(uploads) > 1:
        raise InvalidRequestError("Upload one file.", field=UPLOAD)
    recording = SourceRecording(upload.file, upload.filename or "the uploaded file", UPLOAD)
    return Submission(_validated(VCOptions, values), recording)


def _value(name: str, given: list[Any]) -> Any:
    """A field as JSON would carry it: lists repeat the field or separate their items by commas."""
    if any(isinstance(value, UploadFile) for value in given):
        raise InvalidRequestError(f"{name} is no file.", field=name)
    if name in _LISTS:
        return [item.strip() for value in given for item in value.split(",") if item.strip()]
    return given[0] if len(given) == 1 else given


def _validated(model: type[Model], content: bytes | dict[str, Any]) -> Model:
    try:
        return model.model_validate_json(content) if isinstance(content, bytes) else model.model_validate(content)
    except ValidationError as error:
        located = [{**item, "loc": ("body", *item["loc"])} for item in error.errors()]
        raise RequestValidationError(located) from error


def _form_schema() -> dict[str, Any]:
    schema = VCOptions.model_json_schema()
    recording = {"type": "string", "format": "binary", "description": "The recording, in any audio format."}
    schema["properties"] = {UPLOAD: recording, **schema["properties"]}
    schema["required"] = [UPLOAD, *schema["required"]]
    return schema


REQUEST_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": VCRequest.model_json_schema()},
            "multipart/form-data": {"schema": _form_schema()},
        },
    }
}
"""For the OpenAPI description of the route."""
