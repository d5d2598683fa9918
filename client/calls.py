"""One function for each thing that the service can be asked for; both clients have them as methods."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast
from urllib.parse import quote

import httpx2

from client.exchange import Call
from client.fields import ConversionFields, SpeechFields, StreamFormatName
from client.replies import (
    Audio,
    Blocks,
    Capabilities,
    Deletion,
    Health,
    LiveAudio,
    OutputPage,
    Report,
    Transcript,
    UploadedInput,
    UploadedVoice,
    Verdict,
    VoicePage,
)

if TYPE_CHECKING:
    from typing_extensions import Unpack

T = TypeVar("T")

API = "/api/v1"
DEFAULT_URL = "http://127.0.0.1:7860"
TIMEOUT_SECONDS = 600.0
"""A text that takes longer is a job."""

CONFIRMED = {"confirm": "true"}
"""Deletes need it."""


def as_json(kind: type[T]) -> Callable[[httpx2.Response], T]:
    """Reads an answer in JSON."""
    return lambda response: cast(T, response.json())


def as_audio(response: httpx2.Response) -> Audio:
    """Reads an answer that is the audio itself."""
    headers = response.headers
    verdict = cast(Verdict, headers.get("X-Quality-Verdict", "not_checked"))
    seed = int(headers.get("X-Generation-Seed", "0"))
    return Audio(response.content, headers.get("Content-Type", ""), headers.get("X-Output-URL", ""), seed, verdict)


def as_live_audio(response: httpx2.Response, blocks: Blocks) -> LiveAudio[Blocks]:
    """Reads the beginning of an answer whose audio is still being made."""
    headers = response.headers
    return LiveAudio(blocks, headers["Content-Type"], int(headers["X-Sample-Rate"]), int(headers["X-Generation-Seed"]))


def speak(text: str, **fields: Unpack[SpeechFields]) -> Call[Audio]:
    """Speak a text; of several `export_formats` the first is given. The files are kept among the outputs."""
    return Call("POST", f"{API}/tts", as_audio, json={"text": text, **fields})


def speak_to_files(text: str, **fields: Unpack[SpeechFields]) -> Call[Report]:
    """Speak a text into files among the outputs, and report on every chunk."""
    return Call(
        "POST", f"{API}/tts", as_json(Report), params={"response_mode": "url"}, json={"text": text, **fields}
    )  # fmt: skip


def stream(text: str, format: StreamFormatName = "mp3", **fields: Unpack[SpeechFields]) -> Call[Audio]:
    """Speak a text and have the audio while it is being made. No files are kept."""
    wanted = {} if format == "pcm" else {"export_formats": [format]}
    params = {"response_mode": "chunked", "return_format": format}
    return Call("POST", f"{API}/tts", as_audio, params=params, json={"text": text, **fields, **wanted})


def convert(recording: Path | str, target_voice: str, **fields: Unpack[ConversionFields]) -> Call[Audio]:
    """Speak a recording in another voice: a `Path` is uploaded, a `str` names an input of the service or a URL."""
    return _conversion(as_audio, {}, recording, {**fields, "target_voice_source": target_voice})


def convert_to_files(recording: Path | str, target_voice: str, **fields: Unpack[ConversionFields]) -> Call[Report]:
    """As `convert`, into files among the outputs, with a report."""
    values = {**fields, "target_voice_source": target_voice}
    return _conversion(as_json(Report), {"response_mode": "url"}, recording, values)


def _conversion(
    read: Callable[[httpx2.Response], T], params: Mapping[str, str], recording: Path | str, values: Mapping[str, Any]
) -> Call[T]:
    if isinstance(recording, str):
        return Call("POST", f"{API}/vc", read, params, json={**values, "input_audio_source": recording})
    form = {name: value for name, value in values.items() if value is not None}
    return Call("POST", f"{API}/vc", read, params, data=form, files={"input_audio": recording})


def voices(
    *, page: int = 1, page_size: int = 100, folder: str = "", search: str = "", tag: str = ""
) -> Call[VoicePage]:
    """A page of the recordings that may be voices; `capabilities` has the engine's own ones."""
    return Call(
        "GET", f"{API}/voices", as_json(VoicePage), page_params(page, page_size, folder=folder, search=search, tag=tag)
    )


def upload_voice(
    recording: Path,
    *,
    name: str = "",
    folder: str = "",
    description: str = "",
    tags: Iterable[str] = (),
    consent: str = "",
    default_parameters: SpeechFields | None = None,
    overwrite: bool = False,
) -> Call[UploadedVoice]:
    """Make a recording a voice, and learn what to expect of its clone."""
    form = {
        "name": name,
        "folder_path": folder,
        "description": description,
        "tags": ",".join(tags),
        "consent": consent,
        "default_parameters": json.dumps(default_parameters or {}),
        "overwrite": overwrite,
    }
    return Call("POST", f"{API}/voice", as_json(UploadedVoice), data=form, files={"voice_file": recording})


def upload_input(recording: Path, *, name: str = "", folder: str = "", overwrite: bool = False) -> Call[UploadedInput]:
    """Hand in a recording that is to be converted; without `name` it is called as its file is."""
    form = {"name": name, "folder_path": folder, "overwrite": overwrite}
    return Call("POST", f"{API}/vc_input", as_json(UploadedInput), data=form, files={"vc_input_file": recording})


def outputs(
    *, page: int = 1, page_size: int = 100, folder: str = "", search: str = "", tag: str = ""
) -> Call[OutputPage]:
    """A page of finished audio, the newest first."""
    return Call(
        "GET",
        f"{API}/outputs",
        as_json(OutputPage),
        page_params(page, page_size, folder=folder, search=search, tag=tag),
    )


def output(filename: str) -> Call[bytes]:
    """A file among the outputs, by the `filename` that lists, reports and results of jobs give."""
    return Call("GET", f"/outputs/{quote(filename)}", lambda response: response.content)


def delete_voice(name: str) -> Call[Deletion]:
    """Delete a recording among the voices."""
    return Call("DELETE", f"{API}/voice/{quote(name)}", as_json(Deletion), CONFIRMED)


def delete_output(filename: str) -> Call[Deletion]:
    """Delete a result among the outputs, with all that belongs to it."""
    return Call("DELETE", f"{API}/output/{quote(filename)}", as_json(Deletion), CONFIRMED)


def delete_outputs(
    *,
    folder: str = "",
    search: str = "",
    tag: str = "",
    filenames: Sequence[str] = (),
    everything: bool = False,
    dry_run: bool = False,
) -> Call[Deletion]:
    """Delete all results that a filter finds, with `everything` even without one, or only tell which these are."""
    filters = {"folder": folder, "search": search, "tag": tag, "filenames": list(filenames)}
    wanted = {name: value for name, value in filters.items() if value}
    params = {**CONFIRMED, **wanted, "all": everything, "dry_run": dry_run}
    return Call("DELETE", f"{API}/outputs", as_json(Deletion), params)


def transcribe(recording: Path, *, language: str = "", model: str = "whisper-1") -> Call[Transcript]:
    """Write a recording down, with the times of sentences and words; without `language` it is found out."""
    form = {"response_format": "verbose_json", "timestamp_granularities[]": ["segment", "word"]}
    return _transcription(as_json(Transcript), recording, {**form, "language": language, "model": model})


def caption(
    recording: Path, format: Literal["srt", "vtt"] = "srt", *, language: str = "", model: str = "whisper-1"
) -> Call[str]:
    """Captions of a recording."""
    form = {"response_format": format, "language": language, "model": model}
    return _transcription(lambda response: response.text, recording, form)


def _transcription(read: Callable[[httpx2.Response], T], recording: Path, form: Mapping[str, Any]) -> Call[T]:
    return Call("POST", "/v1/audio/transcriptions", read, data=form, files={"file": recording})


def health() -> Call[Health]:
    """What works and what does not."""
    return Call("GET", f"{API}/health", as_json(Health))


def capabilities() -> Call[Capabilities]:
    """Engine, voices, languages, parameters and formats."""
    return Call("GET", f"{API}/capabilities", as_json(Capabilities))


def page_params(page: int, page_size: int, **filters: str | None) -> dict[str, str | int]:
    """Which page of a list is asked for, and by which filters."""
    return {"page": page, "page_size": page_size, **{name: value for name, value in filters.items() if value}}
