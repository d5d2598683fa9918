"""Tables of the job database and the numbered steps that bring an older one up to date."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)

from exceptions import ConfigurationError
from jobs.states import CHUNK_STATES, JOB_STATES

METADATA: Final = MetaData()


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"known_{column}")


JOBS: Final = Table(
    "jobs",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("type", String(20), nullable=False),
    Column("title", Text, nullable=False),
    Column("state", String(12), nullable=False),
    Column("reason", String(20)),
    Column("message", Text),
    Column("priority", Integer, nullable=False),
    Column("request", Text, nullable=False),
    Column("plan", Text, nullable=False),
    Column("result", Text),
    Column("created", Float, nullable=False),
    Column("started", Float),
    Column("finished", Float),
    Column("turn", Float, nullable=False),
    Column("owner", String(120)),
    Column("lease_until", Float),
    Column("attempts", Integer, nullable=False, default=0),
    Column("idempotency_key", String(200), unique=True),
    Column("webhook_url", Text),
    Column("webhook_due", Float),
    Column("webhook_attempts", Integer, nullable=False, default=0),
    _one_of("state", JOB_STATES),
    Index("jobs_by_state", "state", "priority", "turn"),
)
"""`turn`: when a chunk of the job was last handed out, so that jobs of one priority take turns."""

CHUNKS: Final = Table(
    "chunks",
    METADATA,
    Column("job_id", String(32), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("part", Integer, nullable=False),
    Column("chunk", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("audio_key", String(64), nullable=False),
    Column("characters", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("owner", String(120)),
    Column("lease_until", Float),
    Column("attempts", Integer, nullable=False, default=0),
    Column("audio_seconds", Float),
    Column("passed", Integer),
    Column("done_at", Float),
    _one_of("state", CHUNK_STATES),
    Index("chunks_by_state", "job_id", "state", "number"),
    Index("chunks_by_audio", "audio_key"),
)
"""`number` counts through the whole job from 0, `part` is the chapter; `passed` is null where nothing was checked."""

EVENTS: Final = Table(
    "events",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("job_id", String(32), ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("data", Text, nullable=False),
    Column("at", Float, nullable=False),
    Index("events_by_job", "job_id", "id"),
    sqlite_autoincrement=True,
)

_VERSION: Final = Table("schema_version", MetaData(), Column("version", Integer, nullable=False))


def _first(connection: Connection) -> None:
    METADATA.create_all(connection)


MIGRATIONS: Final[tuple[Callable[[Connection], None], ...]] = (_first,)
"""The step at place n leads from version n to version n + 1; a step that was released is never changed."""


def migrate(connection: Connection) -> None:
    """Bring the database up to date within the connection's transaction.

    Raises:
        ConfigurationError: a newer version of the service has written to it.
    """
    _VERSION.create(connection, checkfirst=True)
    found = connection.execute(select(_VERSION.c.version).with_for_update()).scalar()
    if found is None:
        connection.execute(insert(_VERSION).values(version=0))
    version = found or 0
    if version > len(MIGRATIONS):
        raise ConfigurationError(
            f"The job database has version {version}; this service knows versions up to {len(MIGRATIONS)}."
        )
    for step in MIGRATIONS[version:]:
        step(connection)
    connection.execute(update(_VERSION).values(version=len(MIGRATIONS)))
