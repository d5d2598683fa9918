"""The client that waits."""

from __future__ import annotations

import contextlib
import functools
import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import httpx2

from client import calls, job_calls
from client.errors import ServiceError
from client.exchange import Call, http_options, is_done, job_event, refused, translated, written
from client.job_replies import Job, JobEvent
from client.replies import LiveAudio

P = ParamSpec("P")
T = TypeVar("T")


def _method(make: Callable[P, Call[T]]) -> Callable[Concatenate[Client, P], T]:
    @functools.wraps(make)
    def method(self: Client, /, *arguments: P.args, **fields: P.kwargs) -> T:
        return self.send(make(*arguments, **fields))

    return method


def _live(
    make: Callable[P, Call[T]],
) -> Callable[Concatenate[Client, P], AbstractContextManager[LiveAudio[Iterator[bytes]]]]:
    @functools.wraps(make)
    @contextlib.contextmanager
    def method(self: Client, /, *arguments: P.args, **fields: P.kwargs) -> Iterator[LiveAudio[Iterator[bytes]]]:
        with self._answer(make(*arguments, **fields)) as response:
            yield calls.as_live_audio(response, _blocks(response))

    return method


class Client:
    """Speaks to one service; may be shared by threads.

    Args:
        url: of the service.
        api_key: where the service needs one.
        timeout: seconds to wait for an answer, and for each part of one that is streamed.
        attempts: how often a call that can be repeated is sent, at most, while the service is busy or out of reach.
        transport: instead of httpx2's own, for tests and proxies.
    """

    def __init__(
        self,
        url: str = calls.DEFAULT_URL,
        *,
        api_key: str = "",
        timeout: float = calls.TIMEOUT_SECONDS,
        attempts: int = 3,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._http = httpx2.Client(**http_options(url, api_key, timeout), transport=transport)
        self._attempts = attempts

    speak = _method(calls.speak)
    speak_to_files = _method(calls.speak_to_files)
    stream = _live(calls.stream)
    convert = _method(calls.convert)
    convert_to_files = _method(calls.convert_to_files)
    voices = _method(calls.voices)
    upload_voice = _method(calls.upload_voice)
    upload_input = _method(calls.upload_input)
    outputs = _method(calls.outputs)
    output = _method(calls.output)
    delete_voice = _method(calls.delete_voice)
    delete_output = _method(calls.delete_output)
    delete_outputs = _method(calls.delete_outputs)
    transcribe = _method(calls.transcribe)
    caption = _method(calls.caption)
    upload_book = _method(job_calls.upload_book)
    submit_job = _method(job_calls.submit_job)
    submit_audiobook = _method(job_calls.submit_audiobook)
    submit_conversion = _method(job_calls.submit_conversion)
    estimate_job = _method(job_calls.estimate_job)
    estimate_audiobook = _method(job_calls.estimate_audiobook)
    estimate_conversion = _method(job_calls.estimate_conversion)
    jobs = _method(job_calls.jobs)
    job = _method(job_calls.job)
    job_chunks = _method(job_calls.job_chunks)
    job_chunk_audio = _method(job_calls.job_chunk_audio)
    pause_job = _method(job_calls.pause_job)
    resume_job = _method(job_calls.resume_job)
    cancel_job = _method(job_calls.cancel_job)
    redo_chunk = _method(job_calls.redo_chunk)
    delete_job = _method(job_calls.delete_job)
    health = _method(calls.health)
    capabilities = _method(calls.capabilities)

    def download(self, filename: str, path: Path | str) -> Path:
        """Write a file among the outputs to `path`, in pieces; gives the path."""
        with self._answer(calls.output(filename)) as response, written(path) as file:
            for block in _blocks(response):
                file.write(block)
        return Path(path)

    def job_events(self, job_id: str, last_event_id: str = "") -> Iterator[JobEvent]:
        """What happens to a job until it ends, from its beginning or after an event; reconnects by itself."""
        while True:
            with self._answer(job_calls.job_events(job_id, last_event_id)) as response:
                if response.status_code == httpx2.codes.NO_CONTENT:
                    return
                with contextlib.suppress(httpx2.TransportError):
                    for event in httpx2.EventSource(response):
                        last_event_id = event.id
                        yield job_event(event)

    def wait_for_job(
        self,
        job_id: str,
        *,
        timeout: float = float("inf"),
        on_progress: Callable[[Job], object] = lambda job: None,
        poll_seconds: float = 1.0,
    ) -> Job:
        """The job once it is done; `on_progress` is told how it stands at every look.

        Raises:
            JobNotDoneError: it failed, was cancelled, or is not done after `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while True:
            on_progress(job := self.job(job_id))
            if is_done(job, deadline):
                return job
            time.sleep(poll_seconds)

    def send(self, call: Call[T]) -> T:
        """Make a call and read its answer."""
        with self._answer(call) as response, translated():
            response.read()
            return call.read(response)

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @contextlib.contextmanager
    def _answer(self, call: Call[T]) -> Iterator[httpx2.Response]:
        with contextlib.closing(self._sent(call)) as response:
            yield response

    def _sent(self, call: Call[T]) -> httpx2.Response:
        for attempt in itertools.count(2):
            try:
                return self._send_once(call)
            except ServiceError as error:
                if attempt > self._attempts:
                    raise
                time.sleep(call.pause_before(attempt, error))
        raise AssertionError("counted to the end")

    def _send_once(self, call: Call[T]) -> httpx2.Response:
        with translated(), call.options() as options:
            response = self._http.send(self._http.build_request(**options), stream=True)
            if response.is_success:
                return response
            with contextlib.closing(response):
                response.read()
                raise refused(response)


def _blocks(response: httpx2.Response) -> Iterator[bytes]:
    with translated():
        yield from response.iter_bytes()
