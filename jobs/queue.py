"""The chunk table as the queue: work is handed out on leases, renewed by heartbeats, and given back by the dead."""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, Update, exists, or_, select, update

from jobs.database import Database
from jobs.events import add_event
from jobs.records import ChunkRecord
from jobs.rows import chunk_record
from jobs.schema import CHUNKS, JOBS
from jobs.states import WORKABLE
from jobs.store import move_job

LEASE_SECONDS = 60.0
"""A worker that gives no sign for so long has lost its work."""
MOST_ATTEMPTS = 10
"""A chunk or an assembly that was begun so often and never ended takes its worker down; its job fails."""


@dataclass(frozen=True)
class Outcome:
    """Of a chunk that is done."""

    audio_seconds: float
    passed: bool | None
    reused: bool = False


class WorkQueue:
    """Hands out chunks and assemblies; thread-safe.

    Args:
        database: where they are.
        lease_seconds: how long a claim holds without a heartbeat.
        owner: name of this worker process; made if not given.
    """

    def __init__(self, database: Database, lease_seconds: float = LEASE_SECONDS, owner: str | None = None) -> None:
        self._database = database
        self._lease = lease_seconds
        self.owner = owner or f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"

    def claim_chunk(self) -> ChunkRecord | None:
        """Take the next chunk: of the job with the highest priority that waited longest, in the order of its text."""
        with self._database.transaction() as connection:
            now = time.time()
            free = self._free(CHUNKS, "pending", now)
            job_id = connection.execute(
                select(JOBS.c.id)
                .where(JOBS.c.state.in_(WORKABLE), exists().where(CHUNKS.c.job_id == JOBS.c.id, free))
                .order_by(JOBS.c.priority.desc(), JOBS.c.turn, JOBS.c.created)
                .limit(1)
            ).scalar()
            if job_id is None:
                return None
            query = select(CHUNKS).where(CHUNKS.c.job_id == job_id, free).order_by(CHUNKS.c.number).limit(1)
            row = connection.execute(query.with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            if row.attempts >= MOST_ATTEMPTS:
                self._give_up(connection, row)
                return None
            self._lease_chunk(connection, row, now)
            return chunk_record(row)

    def claim_assembly(self) -> str | None:
        """Take a job all of whose chunks are done; it is assembling then."""
        with self._database.transaction() as connection:
            now = time.time()
            undone = exists().where(CHUNKS.c.job_id == JOBS.c.id, CHUNKS.c.state != "done")
            ready = JOBS.c.state.in_(WORKABLE) & ~undone
            query = select(JOBS).where(or_(ready, self._free(JOBS, "", now))).order_by(JOBS.c.priority.desc()).limit(1)
            row = connection.execute(query.with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            taken = {"owner": self.owner, "lease_until": now + self._lease, "attempts": row.attempts + 1}
            if row.attempts >= MOST_ATTEMPTS:
                move_job(connection, row.id, "failed", reason="crashes", message="Assembling it ended the service.")
                return None
            if row.state == "assembling":
                connection.execute(update(JOBS).where(JOBS.c.id == row.id).values(**taken))
            else:
                move_job(connection, row.id, "assembling", **taken)
            return str(row.id)

    def renew(self, chunks: Iterable[tuple[str, int]], jobs: Iterable[str]) -> set[tuple[str, int] | str]:
        """Extend the leases on chunks and assemblies; returns those that are no longer this worker's."""
        lost: set[tuple[str, int] | str] = set()
        with self._database.transaction() as connection:
            until = time.time() + self._lease
            for job_id, number in chunks:
                working = exists().where(JOBS.c.id == job_id, JOBS.c.state != "cancelled")
                held = self._own_chunk(job_id, number).where(working)
                if not connection.execute(held.values(lease_until=until)).rowcount:
                    lost.add((job_id, number))
            for job_id in jobs:
                if not connection.execute(self._own_assembly(job_id).values(lease_until=until)).rowcount:
                    lost.add(job_id)
        return lost

    def complete(self, chunk: ChunkRecord, outcome: Outcome) -> bool:
        """Note that a claimed chunk has its audio; false if the claim was lost or the chunk changed meanwhile."""
        with self._database.transaction() as connection:
            now = time.time()
            own = self._own_chunk(chunk.job_id, chunk.number).where(CHUNKS.c.audio_key == chunk.audio_key)
            done = own.values(
                state="done", owner=None, lease_until=None, done_at=now,
                audio_seconds=outcome.audio_seconds,
                passed=None if outcome.passed is None else int(outcome.passed),
            )  # fmt: skip
            if not connection.execute(done).rowcount:
                return False
            told = {"chunk": chunk.number, "audio_seconds": round(outcome.audio_seconds, 3), "reused": outcome.reused}
            add_event(connection, chunk.job_id, "chunk", {**told, "passed": outcome.passed})
        return True

    def release(self, chunk: ChunkRecord) -> None:
        """Give a claimed chunk back untouched."""
        back = self._own_chunk(chunk.job_id, chunk.number)
        with self._database.transaction() as connection:
            connection.execute(
                back.values(state="pending", owner=None, lease_until=None, attempts=CHUNKS.c.attempts - 1)
            )

    def fail_chunk(self, chunk: ChunkRecord, message: str) -> None:
        """Give a claimed chunk up, and its job with it."""
        with self._database.transaction() as connection:
            own = self._own_chunk(chunk.job_id, chunk.number)
            if connection.execute(own.values(state="failed", owner=None, lease_until=None)).rowcount:
                self._fail_job(connection, chunk.job_id, "chunk_failed", message)

    def release_dead(self, is_dead: Callable[[str], bool]) -> None:
        """Free the claims of owners of whom that can be said."""
        with self._database.transaction() as connection:
            for table in (CHUNKS, JOBS):
                query = select(table.c.owner).where(table.c.owner.is_not(None)).distinct()
                for owner in connection.execute(query).scalars().all():
                    if is_dead(owner):
                        connection.execute(update(table).where(table.c.owner == owner).values(lease_until=0.0))

    def _free(self, table: Table, waiting: str, now: float) -> ColumnElement[bool]:
        """Rows that wait, or whose lease has run out."""
        leased = "leased" if table is CHUNKS else "assembling"
        return or_(table.c.state == waiting, (table.c.state == leased) & (table.c.lease_until < now))

    def _lease_chunk(self, connection: Connection, row: Any, now: float) -> None:
        connection.execute(
            update(CHUNKS)
            .where(CHUNKS.c.job_id == row.job_id, CHUNKS.c.number == row.number)
            .values(state="leased", owner=self.owner, lease_until=now + self._lease, attempts=row.attempts + 1)
        )
        connection.execute(update(JOBS).where(JOBS.c.id == row.job_id).values(turn=now))
        started = update(JOBS).where(JOBS.c.id == row.job_id, JOBS.c.state == "queued")
        if connection.execute(started.values(started=now)).rowcount:
            move_job(connection, row.job_id, "running")

    def _give_up(self, connection: Connection, row: Any) -> None:
        connection.execute(
            update(CHUNKS).where(CHUNKS.c.job_id == row.job_id, CHUNKS.c.number == row.number).values(state="failed")
        )
        message = f"Chunk {row.number + 1} was begun {row.attempts} times and never ended."
        self._fail_job(connection, row.job_id, "crashes", message)

    def _fail_job(self, connection: Connection, job_id: str, reason: str, message: str) -> None:
        failed = select(JOBS.c.state).where(JOBS.c.id == job_id)
        if connection.execute(failed).scalar() in WORKABLE:
            move_job(connection, job_id, "failed", reason=reason, message=message)

    def _own_chunk(self, job_id: str, number: int) -> Update:
        return update(CHUNKS).where(
            CHUNKS.c.job_id == job_id,
            CHUNKS.c.number == number,
            CHUNKS.c.state == "leased",
            CHUNKS.c.owner == self.owner,
        )

    def _own_assembly(self, job_id: str) -> Update:
        return update(JOBS).where(JOBS.c.id == job_id, JOBS.c.state == "assembling", JOBS.c.owner == self.owner)
