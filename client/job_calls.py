"""As `client.calls`, for long works."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from client.calls import API, CONFIRMED, as_json, page_params
from client.exchange import IDEMPOTENCY_KEY, Call
from client.fields import AudiobookFields, ConversionFields, SpeechFields
from client.job_replies import Book, Estimate, Job, JobChunkPage, JobPage, JobState

if TYPE_CHECKING:
    from typing_extensions import Unpack


def upload_book(file: Path) -> Call[Book]:
    """Hand a book in, and learn its chapters."""
    return Call("POST", f"{API}/books", as_json(Book), files={"file": file})


def submit_job(
    text: str, *, key: str = "", priority: int = 0, webhook_url: str | None = None, **fields: Unpack[SpeechFields]
) -> Call[Job]:
    """Hand in a long text; handing it in again with the same `key` gives the same job."""
    return _submission({**_speech_job(text, fields), "priority": priority, "webhook_url": webhook_url}, key)


def submit_audiobook(
    book: str, *, key: str = "", priority: int = 0, webhook_url: str | None = None, **fields: Unpack[AudiobookFields]
) -> Call[Job]:
    """Have a book that was uploaded read, by its id; `key` as of `submit_job`."""
    return _submission({**_book_job(book, fields), "priority": priority, "webhook_url": webhook_url}, key)


def submit_conversion(
    recording: str,
    target_voice: str,
    *,
    key: str = "",
    priority: int = 0,
    webhook_url: str | None = None,
    **fields: Unpack[ConversionFields],
) -> Call[Job]:
    """Have a long input of the service spoken in another voice; `key` as of `submit_job`."""
    body = {**_conversion_job(recording, target_voice, fields), "priority": priority, "webhook_url": webhook_url}
    return _submission(body, key)


def estimate_job(text: str, **fields: Unpack[SpeechFields]) -> Call[Estimate]:
    """What a long text would come to."""
    return Call("POST", f"{API}/jobs/estimate", as_json(Estimate), json=_speech_job(text, fields))


def estimate_audiobook(book: str, **fields: Unpack[AudiobookFields]) -> Call[Estimate]:
    """What a book that was uploaded would come to."""
    return Call("POST", f"{API}/jobs/estimate", as_json(Estimate), json=_book_job(book, fields))


def estimate_conversion(recording: str, target_voice: str, **fields: Unpack[ConversionFields]) -> Call[Estimate]:
    """What the conversion of a long input would come to."""
    body = _conversion_job(recording, target_voice, fields)
    return Call("POST", f"{API}/jobs/estimate", as_json(Estimate), json=body)


def jobs(*, state: JobState | None = None, page: int = 1, page_size: int = 20) -> Call[JobPage]:
    """A page of the jobs, the newest first."""
    return Call("GET", f"{API}/jobs", as_json(JobPage), page_params(page, page_size, state=state))


def job(job_id: str) -> Call[Job]:
    """A job as it stands."""
    return Call("GET", _job(job_id), as_json(Job))


def job_events(job_id: str, last_event_id: str) -> Call[None]:
    """What happened to a job after an event, or from its beginning, and what happens to it."""
    headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last_event_id} if last_event_id else {})}
    return Call("GET", f"{_job(job_id)}/events", lambda response: None, headers=headers)


def job_chunks(job_id: str, *, page: int = 1, page_size: int = 100, part: int | None = None) -> Call[JobChunkPage]:
    """A page of the chunks of a job, or of one chapter, counted from 0."""
    params = page_params(page, page_size, part=None if part is None else str(part))
    return Call("GET", f"{_job(job_id)}/chunks", as_json(JobChunkPage), params)


def job_chunk_audio(job_id: str, number: int) -> Call[bytes]:
    """A finished chunk of a job, counted from 0, as a WAV file."""
    return Call("GET", f"{_job(job_id)}/chunks/{number}/audio", lambda response: response.content)


def pause_job(job_id: str) -> Call[Job]:
    """Begin no more chunks of a job."""
    return Call("POST", f"{_job(job_id)}/pause", as_json(Job))


def resume_job(job_id: str) -> Call[Job]:
    """Go on with a paused job, or try a failed one again."""
    return Call("POST", f"{_job(job_id)}/resume", as_json(Job))


def cancel_job(job_id: str) -> Call[Job]:
    """Stop a job for good."""
    return Call("POST", f"{_job(job_id)}/cancel", as_json(Job))


def redo_chunk(job_id: str, number: int, *, seed: int | None = None, text: str | None = None) -> Call[Job]:
    """Make a chunk again, counted from 0: with that text, with that seed, or with the next one."""
    return Call("POST", f"{_job(job_id)}/chunks/{number}/redo", as_json(Job), json={"seed": seed, "text": text})


def delete_job(job_id: str) -> Call[None]:
    """Forget a job that is at rest; its finished audio stays."""
    return Call("DELETE", _job(job_id), lambda response: None, CONFIRMED)


def _job(job_id: str) -> str:
    return f"{API}/jobs/{quote(job_id, safe='')}"


def _speech_job(text: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "tts", "request": {"text": text, **fields}}


def _book_job(book: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "audiobook", "request": {"book": book, **fields}}


def _conversion_job(recording: str, target_voice: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    request = {**fields, "input_audio_source": recording, "target_voice_source": target_voice}
    return {"type": "vc", "request": request}


def _submission(body: Mapping[str, Any], key: str) -> Call[Job]:
    return Call("POST", f"{API}/jobs", as_json(Job), json=body, headers={IDEMPOTENCY_KEY: key or uuid.uuid4().hex})
