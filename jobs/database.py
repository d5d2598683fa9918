"""Opens the job database: SQLite in a file, flushed to the disk at every commit, or PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool

from exceptions import DiskFullError
from jobs.schema import migrate

BUSY_SECONDS = 30.0
"""How long a writer waits for another process's transaction."""


class Database:
    """Transactions on the job database; thread-safe.

    Args:
        url: of SQLAlchemy, such as ``sqlite:////var/jobs.sqlite`` or ``postgresql+pg8000://user@host/name``.

    Raises:
        ConfigurationError: a newer version of the service has written to it.
    """

    def __init__(self, url: str) -> None:
        self._engine = _sqlite(url) if make_url(url).get_backend_name() == "sqlite" else create_engine(url)
        try:
            with self.transaction() as connection:
                migrate(connection)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Commits when the block ends well, rolls back otherwise.

        Raises:
            DiskFullError: the database cannot grow.
        """
        try:
            with self._engine.begin() as connection:
                yield connection
        except OperationalError as error:
            if "full" in str(error.orig) or "disk I/O" in str(error.orig):
                raise DiskFullError("There is no room on the disk for the job database.") from error
            raise

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, poolclass=QueuePool, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        # Transactions are begun by us: the driver's own begin late, and then fail when another process has written.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
