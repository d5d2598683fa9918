"""What happened to jobs, in order, for those who listen."""

from __future__ import annotations

import json
import time
from typing import Any

from sqlalchemy import Connection, insert, select

from jobs.database import Database
from jobs.records import Event
from jobs.schema import EVENTS


def add_event(connection: Connection, job_id: str, kind: str, data: dict[str, Any]) -> None:
    """Note an event within a transaction."""
    connection.execute(
        insert(EVENTS).values(job_id=job_id, kind=kind, data=json.dumps(data, ensure_ascii=False), at=time.time())
    )


def events_after(database: Database, job_id: str, last: int, most: int) -> list[Event]:
    """Events of a job with a higher id than `last`, at most so many."""
    query = select(EVENTS).where(EVENTS.c.job_id == job_id, EVENTS.c.id > last).order_by(EVENTS.c.id).limit(most)
    with database.transaction() as connection:
        rows = connection.execute(query).all()
    return [Event(row.id, row.job_id, row.kind, json.loads(row.data), row.at) for row in rows]
