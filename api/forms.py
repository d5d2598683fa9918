"""Reads the JSON that a multipart form carries in one of its fields."""

from __future__ import annotations

from typing import TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


def from_json_field(model: type[Model], field: str, text: str) -> Model:
    """A model from the JSON `text` of a form's `field`.

    Raises:
        RequestValidationError: it is no such JSON; names the places inside of the field.
    """
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        located = [{**item, "loc": ("body", field, *item["loc"])} for item in error.errors()]
        raise RequestValidationError(located) from error
