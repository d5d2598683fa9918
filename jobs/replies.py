"""Turns what is stored into what callers are told."""

from __future__ import annotations

from datetime import datetime, timezone

from api_models.jobs import BookReply, ChapterReply, JobChunk, JobEvent, JobPartReply, JobProgress, JobReply, JobResult
from jobs.records import ChunkRecord, Event, JobRecord, Progress
from library.books import Book


def job_reply(job: JobRecord, progress: Progress) -> JobReply:
    """A job as it stands."""
    parts = [JobPartReply(index=index, title=part.title) for index, part in enumerate(job.plan.parts)]
    return JobReply(
        id=job.id,
        type=job.type,
        title=job.title,
        state=job.state,
        reason=job.reason,
        message=job.message,
        priority=job.priority,
        progress=_progress(job, progress),
        parts=parts,
        created=_moment(job.created),
        started=_moment(job.started) if job.started else None,
        finished=_moment(job.finished) if job.finished else None,
        result=JobResult.model_validate_json(job.result) if job.result else None,
    )


def book_reply(book_id: str, book: Book) -> BookReply:
    """A book as it was understood."""
    chapters = [
        ChapterReply(
            index=index,
            title=chapter.title,
            characters=len(chapter.text),
            words=len(chapter.text.split()),
            opening=" ".join(chapter.text.split())[:120],
            skipped=chapter.skipped,
        )
        for index, chapter in enumerate(book.chapters)
    ]
    return BookReply(
        id=book_id,
        title=book.title,
        author=book.author,
        language=book.language,
        has_cover=book.cover is not None,
        characters=sum(chapter.characters for chapter in chapters if not chapter.skipped),
        chapters=chapters,
    )


def chunk_reply(chunk: ChunkRecord) -> JobChunk:
    """One chunk."""
    return JobChunk(
        number=chunk.number,
        part=chunk.part,
        text=chunk.chunk.text,
        voice=chunk.chunk.voice,
        state=chunk.state,
        seed=chunk.seed,
        audio_seconds=chunk.audio_seconds,
        passed=chunk.passed,
    )


def event_reply(event: Event) -> JobEvent:
    """One event."""
    return JobEvent.model_validate({"id": event.id, "event": event.kind, "at": _moment(event.at), "data": event.data})


def _progress(job: JobRecord, progress: Progress) -> JobProgress:
    moving = job.state in ("queued", "running")
    return JobProgress(
        chunks=progress.total,
        chunks_done=progress.done,
        chunks_failed=progress.failed,
        share=round(progress.characters_done / progress.characters, 4) if progress.characters else 1.0,
        audio_seconds=round(progress.audio_seconds, 3),
        eta_seconds=round(progress.eta_seconds, 1) if moving and progress.eta_seconds is not None else None,
    )


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds")
