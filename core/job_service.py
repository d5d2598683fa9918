"""What the edges ask of long works; `jobs` does it, and neither knows the other."""

from __future__ import annotations

from typing import Protocol

from api_models.jobs import (
    BookReply,
    JobChunks,
    JobEstimate,
    JobEvent,
    JobList,
    JobReply,
    JobRequest,
    JobStateName,
    RedoRequest,
)


class JobService(Protocol):
    """Every method may be called from any thread; the database makes each wait for others' short transactions.

    All that name a job raise ``ResourceNotFoundError`` if there is none of that id.
    """

    def submit(self, job: JobRequest, idempotency_key: str | None = None) -> JobReply:
        """Plan and store a job, or find the one that was stored with the same key.

        Raises:
            InvalidRequestError: it cannot be done; names the field.
            ConflictError: the key belongs to another request.
            QueueFullError: too many jobs are unfinished.
        """
        ...

    def estimate(self, job: JobRequest) -> JobEstimate:
        """What a job would come to, without storing it.

        Raises:
            InvalidRequestError: it cannot be done; names the field.
        """
        ...

    def add_book(self, name: str, data: bytes) -> BookReply:
        """Keep a book file for jobs.

        Raises:
            UnsupportedMediaError, InvalidRequestError: it is none that can be read.
        """
        ...

    def get_book(self, book_id: str) -> BookReply:
        """A book that was handed in.

        Raises:
            ResourceNotFoundError: there is none of that id.
        """
        ...

    def get(self, job_id: str) -> JobReply:
        """A job as it stands."""
        ...

    def list_jobs(self, state: JobStateName | None, page: int, page_size: int) -> JobList:
        """One page of the jobs, newest first."""
        ...

    def chunks(self, job_id: str, page: int, page_size: int, part: int | None = None) -> JobChunks:
        """One page of the chunks of a job, or of one part of it, in order."""
        ...

    def chunk_audio(self, job_id: str, number: int) -> bytes:
        """The audio of a finished chunk as a WAV file.

        Raises:
            ResourceNotFoundError: it is not finished, or there is no such chunk.
        """
        ...

    def events(self, job_id: str, after: int, most: int) -> list[JobEvent]:
        """Events of a job with a higher id than `after`."""
        ...

    def pause(self, job_id: str) -> JobReply:
        """Hand out no more of its chunks; those under way are finished.

        Raises:
            ConflictError: it has ended.
        """
        ...

    def resume(self, job_id: str) -> JobReply:
        """Let a paused or failed job go on.

        Raises:
            ConflictError: it is neither.
        """
        ...

    def cancel(self, job_id: str) -> JobReply:
        """Stop a job for good, within one chunk.

        Raises:
            ConflictError: it has ended.
        """
        ...

    def redo(self, job_id: str, number: int, how: RedoRequest) -> JobReply:
        """Have one chunk made again; a finished job is assembled anew afterwards.

        Raises:
            InvalidRequestError: the new text does not fit into one chunk.
            ConflictError: the job is being assembled or was cancelled.
        """
        ...

    def delete(self, job_id: str) -> None:
        """Forget a job that is at rest, with its chunks; finished audio among the outputs stays.

        Raises:
            ConflictError: it is at work.
        """
        ...
