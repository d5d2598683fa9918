"""Job services over the tone engine, whose database and chunks lie in the test's folder."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import delete

from jobs.database import Database
from jobs.schema import JOBS
from jobs.service import Jobs
from tests.conftest import CoreMaker
from tests.support.jobs import JobsMaker
from tests.support.postgres import postgres, programs


@pytest.fixture
def make_jobs(make_core: CoreMaker) -> Iterator[JobsMaker]:
    """Builds job services; keywords go to the core. All made in one test share database and chunks."""
    made: list[Jobs] = []

    def make(*, start: bool = True, **core: Any) -> Jobs:
        jobs = Jobs(make_core(**core))
        made.append(jobs)
        if start:
            jobs.start()
        return jobs

    yield make
    for jobs in made:
        jobs.close()


@pytest.fixture(scope="session")
def _postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if programs() is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture
def postgresql(_postgresql_server: str) -> str:
    """Address of a PostgreSQL database without jobs, where a server is installed."""
    database = Database(_postgresql_server)
    with database.transaction() as connection:
        connection.execute(delete(JOBS))
    database.close()
    return _postgresql_server
