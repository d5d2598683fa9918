"""Webhooks: off by default, to public addresses only, tried again when nobody listened."""

import json
import socket
from typing import Any

import httpx2
import pytest

import jobs.webhooks
from exceptions import InvalidRequestError
from jobs.webhooks import RETRY_SECONDS, deliver, next_attempt
from tests.support.jobs import JobsMaker, speech_job, wait_for

URL = "https://example.com/told"


def listening(monkeypatch: pytest.MonkeyPatch, statuses: list[int]) -> list[dict[str, Any]]:
    """Answers with these statuses in turn; returns the bodies that came."""
    bodies: list[dict[str, Any]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        bodies.append(json.loads(request.content))
        return httpx2.Response(statuses.pop(0))

    def client(watch: Any) -> httpx2.Client:
        return httpx2.Client(transport=httpx2.MockTransport(answer))

    monkeypatch.setattr(jobs.webhooks, "guarded_client", client)
    return bodies


def test_they_are_off_by_default(make_jobs: JobsMaker) -> None:
    job = speech_job(1).model_copy(update={"webhook_url": URL})
    with pytest.raises(InvalidRequestError):
        make_jobs(start=False).submit(job)


def test_the_end_is_told_until_somebody_listens(make_jobs: JobsMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = listening(monkeypatch, [500, 204])
    monkeypatch.setattr(jobs.webhooks, "RETRY_SECONDS", (0.0,))
    service = make_jobs(jobs={"webhooks": True})
    job_id = service.submit(speech_job(1).model_copy(update={"webhook_url": URL})).id
    wait_for(service, job_id, "done")
    for _ in range(3):
        service._keeper.go_round()
    assert [(body["id"], body["state"]) for body in bodies] == [(job_id, "done")] * 2


def test_private_addresses_are_never_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.settimeout(0.2)
        assert not deliver(f"http://127.0.0.1:{canary.getsockname()[1]}/", {})
        with pytest.raises(TimeoutError):
            canary.accept()


def test_an_address_is_given_up_after_the_last_attempt() -> None:
    assert next_attempt(len(RETRY_SECONDS)) is not None
    assert next_attempt(len(RETRY_SECONDS) + 1) is None
