"""Takes recordings that are uploaded, or fetched from a URL, into the library."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, TypeVar

from fastapi import UploadFile
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, ValidationError

from api_models.library import VCInputDetails, VoiceDetails
from core_engine import CoreEngine
from exceptions import InvalidRequestError
from library.entries import Entry
from library.recordings import NewRecording, RecordingStore
from library.temp_folders import request_folder
from speech.atomic_file import disk_failures
from speech.cancel import CancelToken

Details = TypeVar("Details", bound=BaseModel)


class _UploadForm(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    name: str = ""
    """File name it is to have, without suffix; that of the file by default."""
    url: str = ""
    """Where to fetch the recording, instead of a file; see `api.enable_url_downloads`."""
    description: str = ""
    tags: str = ""
    """Separated by commas."""
    folder_path: str = ""
    """Folder to put it in, made if missing."""
    overwrite: bool = False
    """Replace a recording of that name."""


class VoiceForm(_UploadForm):
    """A new voice."""

    voice_file: UploadFile | None = None
    """The recording: WAV, FLAC, MP3, Ogg, M4A, AAC or WebM."""
    aliases: str = ""
    """Further names for requests, separated by commas."""
    consent: str = ""
    """Who agreed to the use of this voice, and when."""
    default_parameters: str = "{}"
    """Request fields that this voice sets, as a JSON object."""

    @property
    def given(self) -> tuple[str, UploadFile | None]:
        """The file, and the name of its field."""
        return "voice_file", self.voice_file

    def details(self) -> dict[str, Any]:
        """For the sidecar; raises ``RequestValidationError`` where something cannot be."""
        parameters = _json_object(self.default_parameters, "default_parameters")
        about = {"description": self.description, "consent": self.consent, "default_parameters": parameters}
        return _checked(VoiceDetails, {**about, "tags": _items(self.tags), "aliases": _items(self.aliases)})


class VCInputForm(_UploadForm):
    """A new input of voice conversion."""

    vc_input_file: UploadFile | None = None
    """The recording: WAV, FLAC, MP3, Ogg, M4A, AAC or WebM."""
    text: str = ""
    """What is said in it."""
    project: str = ""
    """Alias of `folder_path`."""

    @property
    def given(self) -> tuple[str, UploadFile | None]:
        """The file, and the name of its field."""
        return "vc_input_file", self.vc_input_file

    def details(self) -> dict[str, Any]:
        """For the sidecar; raises ``RequestValidationError`` where something cannot be."""
        about = {"text": self.text, "description": self.description, "tags": _items(self.tags)}
        return _checked(VCInputDetails, about)

    @property
    def folder(self) -> str:
        """Of either name."""
        if self.folder_path and self.project and self.folder_path != self.project:
            raise InvalidRequestError("folder_path and its alias project contradict each other.", field="folder_path")
        return self.folder_path or self.project


def take_in(
    core: CoreEngine,
    store: RecordingStore,
    form: VoiceForm | VCInputForm,
    folder: str,
    about: dict[str, Any],
    cancel: CancelToken,
) -> Entry:
    """Keep a recording that was uploaded or lies behind a URL; see `RecordingStore.register`.

    Raises:
        InvalidRequestError: neither or both were given, or the URL cannot be had.
        ChatterboxError: another of its subclasses.
    """
    field, upload = form.given
    if (upload is None) == (not form.url):
        raise InvalidRequestError(f"Send a recording either as {field} or as url.", field=field)
    with request_folder(core.settings.paths.temp_dir) as temporary, core.downloads.during(cancel) as fetch:
        if upload is None:
            field, download = "url", fetch(form.url, "url")
            source, name = download.path, download.name.rpartition("/")[2]
        else:
            source, name = temporary / "upload", upload.filename or ""
            _copy(upload, source)
        return store.register(NewRecording(source, form.name or name, folder, about, form.overwrite), field, cancel)


def _copy(upload: UploadFile, target: Path) -> None:
    with disk_failures("the upload"), target.open("wb") as file:
        shutil.copyfileobj(upload.file, file)


def _checked(model: type[Details], about: dict[str, Any]) -> dict[str, Any]:
    try:
        return model.model_validate(about).model_dump()
    except ValidationError as error:
        located = [{**item, "loc": ("body", *item["loc"])} for item in error.errors()]
        raise RequestValidationError(located) from error


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _json_object(text: str, field: str) -> dict[str, Any]:
    try:
        content = json.loads(text or "{}")
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise InvalidRequestError(f"{field} must be a JSON object.", field=field)
    return content
