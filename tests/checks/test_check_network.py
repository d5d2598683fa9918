"""Clients behind a bad network."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from client import Client
from tests.conftest import CoreMaker
from tests.support.bad_network import BadNetwork
from tests.support.listening import serving

pytestmark = pytest.mark.checks

WORKS = 16


class Noting(httpx2.HTTPTransport):
    """One connection for every request; notes the statuses of the answers."""

    def __init__(self, statuses: list[int]) -> None:
        super().__init__(limits=httpx2.Limits(max_keepalive_connections=0))
        self._statuses = statuses

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = super().handle_request(request)
        self._statuses.append(response.status_code)
        return response


def test_check_39_a_bad_network_makes_every_job_once(
    make_core: CoreMaker, record_property: Callable[[str, object], None]
) -> None:
    statuses: list[int] = []

    def work(number: int) -> int:
        """Hand a text in, wait for it and fetch it; gives the size of its audio."""
        with Client(f"http://127.0.0.1:{network.port}", attempts=10, transport=Noting(statuses)) as client:
            job = client.submit_job(f"Text number {number}.", key=f"work {number}", export_formats=["opus"])
            done = client.wait_for_job(job["id"], timeout=60)
            assert done["result"] is not None
            return len(client.output(done["result"]["output_files"][0]["filename"]))

    with serving(make_core()) as direct:
        network = BadNetwork(direct.base_url.port or 0, seed=39)
        with network.running(), ThreadPoolExecutor(WORKS) as pool:
            sizes = list(pool.map(work, range(WORKS)))
        jobs = direct.get("/api/v1/jobs").json()
    record_property("connections", network.connections)
    record_property("resets", network.resets)
    assert network.resets >= 3
    assert set(statuses) == {200, 202}
    assert jobs["total"] == WORKS
    assert sorted(sizes) == sorted(job["result"]["output_files"][0]["size_bytes"] for job in jobs["jobs"])
