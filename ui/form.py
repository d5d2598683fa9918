"""From the form's values to speech requests, and from a settings file back to the form."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
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
_DEFAULTED: Final = frozenset(TTSDefaults.model_fields)
_TEXTS: Final = (TEXT, "title", "folder")
_PASSED_OVER: Final = frozenset({*_TEXTS, "reference_audio_filename", "project", "engine", "model"})


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
            return [NamedRequest("tts", TTSRequest.model_validate({**given, TEXT: values.get(TEXT) or ""}))]
        files = [read_text_file(Path(path).name, Path(path).read_bytes(), most) for path in paths]
        options = TextFilesRequest.model_validate({**given, "separate": bool(values.get(SEPARATE))})
        return text_requests(files, options)
    except ValidationError as error:
        raise invalid_request(error) from error


def changed_fields(values: Mapping[str, Any], defaults: TTSDefaults, most: int) -> dict[str, Any]:
    """The fields of the form's first request that differ from the operator's defaults, as an API client sends them.

    Raises:
        InvalidRequestError: as of `form_requests`.
    """
    request = form_requests(values, most)[0].request
    sent = request.model_dump(exclude_unset=True)
    return {"text": request.text, **{n: value for n, value in sent.items() if value != getattr(defaults, n, None)}}


def shown_form(kept: Any, names: Sequence[str], voices: Collection[str]) -> dict[str, Any]:
    """What the form shows of what a browser kept of it; empty where that does not fit this service any more."""
    if not isinstance(kept, Mapping):
        return {}
    shown = {name: value for name, value in kept.items() if name in names and name not in (FILES, SEPARATE)}
    if shown.get("voice") not in voices:
        shown.pop("voice", None)
    try:
        TTSDefaults.model_validate(_given({name: value for name, value in shown.items() if name in _DEFAULTED}))
    except (ValidationError, InvalidRequestError):
        return {}
    return shown


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


@dataclass(frozen=True)
class LoadedSettings:
    """What a settings file holds.

    Attributes:
        shown: what the form's controls show, by field.
        settings: fields of a request that the form has, without its text.
        unknown: names that the form does not know.
        preset: name of the preset that the file shares, empty if it shares none.
    """

    shown: dict[str, Any]
    settings: dict[str, Any]
    unknown: tuple[str, ...]
    preset: str = ""


def load_settings(path: Path, names: Sequence[str]) -> LoadedSettings:
    """Read a sidecar, a shared preset, settings as JSON, or a settings row as CSV.

    Args:
        path: the file.
        names: the form's fields.

    Raises:
        InvalidRequestError: not such a file, or its values do not fit.
    """
    content = _read(path)
    settings = content.get("settings", content)
    if not isinstance(settings, dict):
        raise InvalidRequestError("The file holds no settings.")
    known = {name: value for name, value in settings.items() if name in names and value is not None}
    kept = {name: value for name, value in known.items() if name in _DEFAULTED}
    try:
        checked = TTSDefaults.model_validate(kept)
    except ValidationError as error:
        raise invalid_request(error) from error
    shown = {name: shown_value(name, getattr(checked, name)) for name in kept}
    for name in _TEXTS:
        if isinstance(known.get(name), str):
            shown[name] = known[name]
    unknown = [name for name, value in settings.items() if name not in {*shown, *_PASSED_OVER} and value is not None]
    preset = content.get("preset")
    return LoadedSettings(shown, kept, tuple(unknown), preset if isinstance(preset, str) else "")


def _read(path: Path) -> dict[str, Any]:
    if path.stat().st_size > MOST_SETTINGS_BYTES:
        raise InvalidRequestError("The settings file is too large to be one.")
    if path.suffix.lower() == ".csv":
        return read_settings_csv(path)
    try:
        content = json.loads(path.read_text("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError("The settings file is not JSON.") from error
    if not isinstance(content, dict):
        raise InvalidRequestError("The file holds no settings.")
    return content
