"""Job services over the tone engine, whose database and chunks lie in the test's folder."""

from collections.abc import Iterator
from typing import Any

import pytest

from jobs.service import Jobs
from tests.conftest import CoreMaker
from tests.support.jobs import JobsMaker


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
