"""From the form's values to speech requests, and from a settings file back to the form."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from api_models import TextFilesRequest, TTSDefaults, TTSRequest
from core.text_requests import NamedRequest, text_requests
from exceptions import InvalidRequestError
from library.settings_csv import read_settings_csv
from library.text_files import read_text_file
from ui.controls import field_value, shown_value
from ui.wording import invalid_request

FILES: Final = "files"
SEPARATE: Final = "separate"
TEXT: Final = "text"
MOST_SETTINGS_BYTES: Final = 1_000_000


def form_requests(values: Mapping[str, Any], most: int) -> list[NamedRequest]:
    """The requests that the form's values describe: one, or one for each text file.

    Args:
        values: by field; `FILES` holds paths of uploaded files, which stand in for the text, and `SEPARATE` whether
            each makes a result of its own.
        most: greatest number of characters of a text file.

    Raises:
        InvalidRequestError: a value is missing or out of range.
        UnsupportedMediaError: an uploaded file is no text file.
    """
    paths = values.get(FILES) or []
    fields = {name: value for name, value in values.items() if name not in (FILES, SEPARATE, TEXT)}
    try:
        given = _given(fields)
        if not paths:
            return [NamedRequest("tts", TTSRequest.model_validate({**given, "text": values.get(TEXT) or ""}))]
        files = [read_text_file(Path(path).name, Path(path).read_bytes(), most) for path in paths]
        options = TextFilesRequest.model_validate({**given, "separate": bool(values.get(SEPARATE))})
        return text_requests(files, options)
    except ValidationError as error:
        raise invalid_request(error) from error


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    given = {}
    for name, shown in fields.items():
        try:
            value = field_value(name, shown)
        except ValueError as error:
            raise InvalidRequestError(f"{name.capitalize()}: {error}.", field=name) from error
        if value is not None:
            given[name] = value
    return given


def load_settings_file(path: Path, names: Sequence[str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What the form shows for the settings in a file.

    Args:
        path: a sidecar, settings as JSON, or a settings row as CSV.
        names: the form's fields.

    Returns:
        shown values by field, and the names in the file that the form does not know.

    Raises:
        InvalidRequestError: not such a file, or its values do not fit.
    """
    settings = _read(path)
    known = {name: value for name, value in settings.items() if name in names and value is not None}
    kept = {name: value for name, value in known.items() if name in TTSDefaults.model_fields}
    try:
        checked = TTSDefaults.model_validate(kept)
    except ValidationError as error:
        raise invalid_request(error) from error
    shown = {name: shown_value(name, getattr(checked, name)) for name in kept}
    if isinstance(known.get(TEXT), str):
        shown[TEXT] = known[TEXT]
    passed_over = {TEXT, "reference_audio_filename", "project", "folder", "title", "engine", "model", "language"}
    unknown = [
        name for name in settings if name not in shown and name not in passed_over and settings[name] is not None
    ]
    return shown, tuple(unknown)


def _read(path: Path) -> dict[str, Any]:
    if path.stat().st_size > MOST_SETTINGS_BYTES:
        raise InvalidRequestError("The settings file is too large to be one.")
    if path.suffix.lower() == ".csv":
        return read_settings_csv(path)
    try:
        content = json.loads(path.read_text("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError("The settings file is not JSON.") from error
    settings = content.get("settings", content) if isinstance(content, dict) else None
    if not isinstance(settings, dict):
        raise InvalidRequestError("The file holds no settings.")
    return settings
