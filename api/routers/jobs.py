"""Long works: handed in, watched, steered."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from api.deps import JobWork, Workers
from api_models.jobs import (
    Deleted,
    JobChunks,
    JobEstimate,
    JobEvent,
    JobList,
    JobReply,
    JobRequest,
    JobStateName,
    RedoRequest,
)
from exceptions import InvalidRequestError

router = APIRouter(prefix="/jobs", tags=["jobs"])

T = TypeVar("T")

LOOK_SECONDS = 0.5
"""How often a listener's events are looked up."""
COMMENT_SECONDS = 15.0
"""A stream that has nothing to tell says so this often, or proxies take it for dead."""
EVENTS_AT_ONCE = 200

Page = Annotated[int, Query(ge=1, description="Counted from 1.")]
PageSize = Annotated[int, Query(ge=1, le=100, description="Entries on a page.")]


async def _in_thread(workers: Workers, work: Callable[..., T], *arguments: Any) -> T:
    return await asyncio.get_running_loop().run_in_executor(workers, functools.partial(work, *arguments))


@router.post("", status_code=202)
async def submit(
    request: Request,
    body: JobRequest,
    response: Response,
    jobs: JobWork,
    workers: Workers,
    idempotency_key: Annotated[
        str | None, Header(min_length=1, max_length=200, description="The same key makes the same job once.")
    ] = None,
) -> JobReply:
    """Store a job; it is planned before the answer, so what cannot be spoken is refused here."""
    reply = await _in_thread(workers, jobs.submit, body, idempotency_key)
    response.headers["Location"] = request.app.url_path_for("get_job", job_id=reply.id)
    return reply


@router.post("/estimate")
async def estimate(body: JobRequest, jobs: JobWork, workers: Workers) -> JobEstimate:
    """What a job would come to in chunks, time and disk; nothing is stored."""
    return await _in_thread(workers, jobs.estimate, body)


@router.get("")
async def list_jobs(
    jobs: JobWork,
    workers: Workers,
    state: Annotated[JobStateName | None, Query(description="Only jobs in this state.")] = None,
    page: Page = 1,
    page_size: PageSize = 20,
) -> JobList:
    """Jobs, the newest first."""
    return await _in_thread(workers, jobs.list_jobs, state, page, page_size)


@router.get("/{job_id}")
async def get_job(job_id: str, jobs: JobWork, workers: Workers) -> JobReply:
    """State, progress and, when it is done, the result."""
    return await _in_thread(workers, jobs.get, job_id)


@router.get("/{job_id}/chunks")
async def list_chunks(
    job_id: str,
    jobs: JobWork,
    workers: Workers,
    page: Page = 1,
    page_size: PageSize = 100,
    part: Annotated[int | None, Query(ge=0, description="Only chunks of this chapter.")] = None,
) -> JobChunks:
    """The chunks in their order."""
    return await _in_thread(workers, jobs.chunks, job_id, page, page_size, part)


@router.get("/{job_id}/chunks/{number}/audio", response_class=Response, responses={200: {"content": {"audio/wav": {}}}})
async def chunk_audio(job_id: str, number: int, jobs: JobWork, workers: Workers) -> Response:
    """A finished chunk as WAV, before the steps on the whole."""
    return Response(await _in_thread(workers, jobs.chunk_audio, job_id, number), media_type="audio/wav")


@router.get(
    "/{job_id}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}, 204: {"description": "The job ended; nothing is new."}},
)
async def events(
    job_id: str,
    jobs: JobWork,
    workers: Workers,
    last_event_id: Annotated[str | None, Header(description="Id of the last event that was received.")] = None,
) -> Response:
    """Everything that happens to the job as server-sent events, from the beginning or after the last one received."""
    after = _event_id(last_event_id)
    first = await _in_thread(workers, jobs.events, job_id, after, EVENTS_AT_ONCE)
    if not first and await _has_ended(job_id, jobs, workers):
        # The one answer that ends a browser's attempts to connect again.
        return Response(status_code=204)
    return StreamingResponse(_stream(job_id, after, jobs, workers), media_type="text/event-stream")


@router.post("/{job_id}/pause")
async def pause(job_id: str, jobs: JobWork, workers: Workers) -> JobReply:
    """Begin no more chunks."""
    return await _in_thread(workers, jobs.pause, job_id)


@router.post("/{job_id}/resume")
async def resume(job_id: str, jobs: JobWork, workers: Workers) -> JobReply:
    """Go on with a paused job, or try a failed one again."""
    return await _in_thread(workers, jobs.resume, job_id)


@router.post("/{job_id}/cancel")
async def cancel(job_id: str, jobs: JobWork, workers: Workers) -> JobReply:
    """Stop for good."""
    return await _in_thread(workers, jobs.cancel, job_id)


@router.post("/{job_id}/chunks/{number}/redo")
async def redo(job_id: str, number: int, jobs: JobWork, workers: Workers, body: RedoRequest | None = None) -> JobReply:
    """Make one chunk again, with another seed or another text; a finished job is assembled anew afterwards."""
    return await _in_thread(workers, jobs.redo, job_id, number, body or RedoRequest())


@router.delete("/{job_id}")
async def delete(
    job_id: str,
    jobs: JobWork,
    workers: Workers,
    confirm: Annotated[bool, Query(description="Has to be true.")] = False,
) -> Deleted:
    """Forget a job that is at rest, with its chunks; finished audio among the outputs stays."""
    if not confirm:
        raise InvalidRequestError("Say confirm=true to delete the job.", field="confirm")
    await _in_thread(workers, jobs.delete, job_id)
    return Deleted(deleted=[job_id])


async def _stream(job_id: str, after: int, jobs: JobWork, workers: Workers) -> AsyncIterator[str]:
    quiet = 0.0
    while True:
        ended = await _has_ended(job_id, jobs, workers)
        found = await _in_thread(workers, jobs.events, job_id, after, EVENTS_AT_ONCE)
        for event in found:
            after, quiet = event.id, 0.0
            yield _as_text(event)
        if len(found) == EVENTS_AT_ONCE:
            continue
        if ended:
            return
        await asyncio.sleep(LOOK_SECONDS)
        quiet += LOOK_SECONDS
        if quiet >= COMMENT_SECONDS:
            quiet = 0.0
            yield ": still at work\n\n"


async def _has_ended(job_id: str, jobs: JobWork, workers: Workers) -> bool:
    return (await _in_thread(workers, jobs.get, job_id)).state in ("done", "failed", "cancelled")


def _as_text(event: JobEvent) -> str:
    data = json.dumps({**event.data, "at": event.at}, ensure_ascii=False)
    return f"id: {event.id}\nevent: {event.event}\ndata: {data}\n\n"


def _event_id(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() and len(text) < 19 else 0
