"""Jobs in the database: stored with their chunks, listed, moved from state to state, deleted."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from exceptions import ConflictError, ResourceNotFoundError
from jobs.database import Database
from jobs.events import add_event
from jobs.records import ChunkRecord, JobPlan, JobRecord, NewChunk, NewJob, Pace, Progress
from jobs.rows import chunk_record, chunk_row, chunk_values, job_record, job_row
from jobs.schema import CHUNKS, JOBS
from jobs.states import BEFORE, ENDED, JobState

RECENT_CHUNKS = 50
"""Finished chunks from which the present speed is taken."""

RECENT_JOBS = 5
"""Finished jobs by which others are judged."""

_RECORD = [column for column in JOBS.c if column.name in JobRecord.__dataclass_fields__]


class JobStore:
    """Jobs and their chunks; thread-safe.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, job: NewJob) -> JobRecord:
        """Store a job, its plan and its chunks in one transaction, or find the one of the same idempotency key.

        Raises:
            ConflictError: a job with that key was asked for something else.
        """
        job_id = uuid.uuid4().hex
        try:
            with self._database.transaction() as connection:
                now = time.time()
                connection.execute(insert(JOBS).values(job_row(job_id, job, now)))
                rows = [chunk_row(job_id, number, chunk) for number, chunk in enumerate(job.chunks)]
                if rows:
                    connection.execute(insert(CHUNKS), rows)
                add_event(connection, job_id, "state", {"state": "queued"})
        except IntegrityError:
            return self._twin(job)
        return self.get(job_id)

    def get(self, job_id: str) -> JobRecord:
        """The job of that id.

        Raises:
            ResourceNotFoundError: there is none.
        """
        with self._database.transaction() as connection:
            return job_record(_require(connection, job_id))

    def page(self, state: JobState | None, number: int, size: int) -> tuple[list[JobRecord], int]:
        """One page of the jobs, newest first, and how many there are; pages count from 1."""
        wanted = JOBS.c.state == state if state else JOBS.c.id.is_not(None)
        with self._database.transaction() as connection:
            total = connection.execute(select(func.count()).select_from(JOBS).where(wanted)).scalar_one()
            rows = connection.execute(
                select(*_RECORD)
                .where(wanted)
                .order_by(JOBS.c.created.desc(), JOBS.c.id)
                .limit(size)
                .offset((number - 1) * size)
            ).all()
        return [job_record(row) for row in rows], total

    def chunks(self, job_id: str, part: int | None = None, first: int = 0, count: int = -1) -> list[ChunkRecord]:
        """Chunks in order, of one part if it is given, from the `first` on; a negative count for all."""
        query = select(CHUNKS).where(CHUNKS.c.job_id == job_id).order_by(CHUNKS.c.number).offset(first)
        if part is not None:
            query = query.where(CHUNKS.c.part == part)
        if count >= 0:
            query = query.limit(count)
        with self._database.transaction() as connection:
            return [chunk_record(row) for row in connection.execute(query).all()]

    def progress(self, job_id: str, part: int | None = None) -> Progress:
        """How far the chunks have come, or those of one part."""
        own = CHUNKS.c.job_id == job_id
        if part is not None:
            own &= CHUNKS.c.part == part
        done = case((CHUNKS.c.state == "done", 1), else_=0)
        sums = {
            "done": done,
            "failed": case((CHUNKS.c.state == "failed", 1), else_=0),
            "characters": CHUNKS.c.characters,
            "characters_done": CHUNKS.c.characters * done,
            "audio_seconds": CHUNKS.c.audio_seconds,
        }
        columns = [func.coalesce(func.sum(value), 0).label(name) for name, value in sums.items()]
        query = select(func.count().label("total"), *columns).where(own)
        last = select(CHUNKS.c.done_at, CHUNKS.c.characters).where(own, CHUNKS.c.state == "done")
        with self._database.transaction() as connection:
            numbers = connection.execute(query).mappings().one()
            recent = connection.execute(last.order_by(CHUNKS.c.done_at.desc()).limit(RECENT_CHUNKS)).all()
        speed = _speed([(row.done_at, row.characters) for row in recent])
        return Progress(**numbers, characters_per_second=speed)

    def move(self, job_id: str, to: JobState, *, only: Sequence[JobState] | None = None, **values: Any) -> None:
        """Bring a job into a state, and note it as an event.

        Args:
            job_id: of the job.
            to: the state.
            only: allow fewer states before it than `BEFORE` does.
            **values: further columns to set.

        Raises:
            ResourceNotFoundError: there is no such job.
            ConflictError: its present state does not lead there.
        """
        with self._database.transaction() as connection:
            move_job(connection, job_id, to, only=only, **values)

    def redo(self, job_id: str, number: int, chunk: NewChunk) -> None:
        """Have a chunk spoken again in another way; a job that had ended is queued again.

        Raises:
            ResourceNotFoundError: no such job or chunk.
            ConflictError: the job is being assembled or was cancelled.
        """
        with self._database.transaction() as connection:
            state = _require(connection, job_id).state
            if state in ("assembling", "cancelled"):
                raise ConflictError(f"The job is {state}; no chunk of it can be made again now.")
            values = chunk_values(chunk)
            changed = connection.execute(
                update(CHUNKS).where(CHUNKS.c.job_id == job_id, CHUNKS.c.number == number).values(**values)
            )
            if not changed.rowcount:
                raise ResourceNotFoundError("The job has no chunk of that number.", field="number")
            add_event(connection, job_id, "redo", {"chunk": number})
            if state in ("done", "failed"):
                move_job(connection, job_id, "queued", finished=None)

    def resume(self, job_id: str) -> None:
        """Queue a paused or failed job again, with its failed chunks.

        Raises:
            ResourceNotFoundError, ConflictError: as of `move`.
        """
        failed = (CHUNKS.c.job_id == job_id) & (CHUNKS.c.state == "failed")
        with self._database.transaction() as connection:
            move_job(connection, job_id, "queued", only=("paused", "failed"), finished=None, attempts=0)
            connection.execute(update(CHUNKS).where(failed).values(state="pending", attempts=0))

    def reopen(self, chunk: ChunkRecord) -> None:
        """Have a chunk of a job under assembly spoken again, since its audio is gone."""
        own = (CHUNKS.c.job_id == chunk.job_id) & (CHUNKS.c.number == chunk.number)
        with self._database.transaction() as connection:
            connection.execute(update(CHUNKS).where(own).values(state="pending", audio_seconds=None, done_at=None))
            move_job(connection, chunk.job_id, "queued", only=("assembling",))

    def delete(self, job_id: str) -> list[str]:
        """Forget a job that has ended or is paused; returns the audio keys that no other job uses.

        Raises:
            ResourceNotFoundError: there is none.
            ConflictError: it is not at rest.
        """
        with self._database.transaction() as connection:
            if _require(connection, job_id).state not in (*ENDED, "paused"):
                raise ConflictError("The job is still at work; cancel it first.")
            others = select(CHUNKS.c.audio_key).where(CHUNKS.c.job_id != job_id)
            mine = select(CHUNKS.c.audio_key).where(CHUNKS.c.job_id == job_id, CHUNKS.c.audio_key.not_in(others))
            keys = list(connection.execute(mine.distinct()).scalars())
            connection.execute(delete(JOBS).where(JOBS.c.id == job_id))
        return keys

    def audio_keys(self) -> set[str]:
        """Names of the audio that any job uses."""
        with self._database.transaction() as connection:
            return set(connection.execute(select(CHUNKS.c.audio_key).distinct()).scalars())

    def recordings(self) -> set[str]:
        """Ids of the recordings that any job converts."""
        with self._database.transaction() as connection:
            plans = connection.execute(select(JOBS.c.plan).where(JOBS.c.type == "vc")).scalars().all()
        conversions = (JobPlan.from_json(plan).conversion for plan in plans)
        return {conversion.recording for conversion in conversions if conversion}

    def books(self) -> set[str]:
        """Ids of the books that any job speaks."""
        with self._database.transaction() as connection:
            requests = connection.execute(select(JOBS.c.request).where(JOBS.c.type == "audiobook")).scalars().all()
        return {json.loads(request)["book"] for request in requests}

    def pace(self, *, converting: bool) -> Pace:
        """What the last finished jobs came to, those that converted recordings or those that spoke."""
        kind = JOBS.c.type == "vc" if converting else JOBS.c.type != "vc"
        spoken = kind & (JOBS.c.state == "done") & JOBS.c.started.is_not(None)
        last = select(JOBS.c.id, JOBS.c.finished - JOBS.c.started).where(spoken).order_by(JOBS.c.finished.desc())
        sums = select(func.sum(CHUNKS.c.audio_seconds), func.sum(CHUNKS.c.characters))
        with self._database.transaction() as connection:
            jobs = {job_id: seconds for job_id, seconds in connection.execute(last.limit(RECENT_JOBS))}
            audio, characters = connection.execute(sums.where(CHUNKS.c.job_id.in_(jobs))).one()
        if not characters:
            return Pace(None, None)
        return Pace(audio / characters, sum(jobs.values()) / characters)

    def webhooks_due(self) -> list[tuple[str, str, int]]:
        """Ended jobs whose address waits to be told: id, address, attempts so far."""
        due = select(JOBS.c.id, JOBS.c.webhook_url, JOBS.c.webhook_attempts).where(JOBS.c.webhook_due <= time.time())
        with self._database.transaction() as connection:
            return [(row.id, row.webhook_url, row.webhook_attempts) for row in connection.execute(due)]

    def plan_webhook(self, job_id: str, attempts: int, due: float | None) -> None:
        """Note how often the address of a job was tried and when it is tried next."""
        values = {"webhook_attempts": attempts, "webhook_due": due}
        with self._database.transaction() as connection:
            connection.execute(update(JOBS).where(JOBS.c.id == job_id).values(values))

    def unfinished(self) -> int:
        """How many jobs have not ended."""
        query = select(func.count()).select_from(JOBS).where(JOBS.c.state.not_in(ENDED))
        with self._database.transaction() as connection:
            return connection.execute(query).scalar_one()

    def ended_before(self, moment: float) -> list[str]:
        """Ids of jobs that ended before a moment."""
        return self._ids(JOBS.c.state.in_(ENDED) & (JOBS.c.finished < moment))

    def paused_for(self, reason: str) -> list[str]:
        """Ids of jobs that were paused for that reason."""
        return self._ids((JOBS.c.state == "paused") & (JOBS.c.reason == reason))

    def _ids(self, condition: ColumnElement[bool]) -> list[str]:
        with self._database.transaction() as connection:
            return list(connection.execute(select(JOBS.c.id).where(condition)).scalars())

    def find_key(self, idempotency_key: str) -> JobRecord | None:
        """The job that was stored with that key."""
        with self._database.transaction() as connection:
            row = connection.execute(select(*_RECORD).where(JOBS.c.idempotency_key == idempotency_key)).first()
        return job_record(row) if row else None

    def _twin(self, job: NewJob) -> JobRecord:
        found = self.find_key(job.idempotency_key or "")
        if found is None or (found.type, found.request) != (job.type, job.request):
            raise ConflictError("Another request was made with this Idempotency-Key.")
        return found


def move_job(
    connection: Connection, job_id: str, to: JobState, *, only: Sequence[JobState] | None = None, **values: Any
) -> None:
    """`JobStore.move` within a transaction."""
    before = only or BEFORE[to]
    if to in ENDED:
        due = case((JOBS.c.webhook_url.is_not(None), time.time()), else_=None)
        values = {"finished": time.time(), "webhook_due": due, **values}
    changed = connection.execute(
        update(JOBS)
        .where(JOBS.c.id == job_id, JOBS.c.state.in_(before))
        .values({"state": to, "owner": None, "reason": None, "message": None, **values})
    )
    if not changed.rowcount:
        raise ConflictError(f"The job is {_require(connection, job_id).state}; it cannot become {to} from there.")
    told = {"state": to, "reason": values.get("reason"), "message": values.get("message")}
    add_event(connection, job_id, "state", {key: value for key, value in told.items() if value is not None})


def _require(connection: Connection, job_id: str) -> Row[Any]:
    row = connection.execute(select(*_RECORD).where(JOBS.c.id == job_id)).first()
    if row is None:
        raise ResourceNotFoundError("There is no such job.", field="id")
    return row


def _speed(newest_first: list[tuple[float, int]]) -> float | None:
    if len(newest_first) < 2:
        return None
    seconds = newest_first[0][0] - newest_first[-1][0]
    return sum(characters for _, characters in newest_first[:-1]) / seconds if seconds > 0 else None
