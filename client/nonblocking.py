"""The client for asyncio; `Client` method by method, and the WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import httpx2

from client import calls, job_calls
from client.errors import ServiceError
from client.exchange import Call, http_options, is_done, job_event, refused, translated, written
from client.fields import StreamFormatName, TalkFields
from client.job_replies import Job, JobEvent
from client.replies import LiveAudio
from client.talk import Talk, open_talk

if TYPE_CHECKING:
    from typing_extensions import Unpack

P = ParamSpec("P")
T = TypeVar("T")


def _method(make: Callable[P, Call[T]]) -> Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, T]]:
    @functools.wraps(make)
    async def method(self: AsyncClient, /, *arguments: P.args, **fields: P.kwargs) -> T:
        return await self.send(make(*arguments, **fields))

    return method


def _live(
    make: Callable[P, Call[T]],
) -> Callable[Concatenate[AsyncClient, P], AbstractAsyncContextManager[LiveAudio[AsyncIterator[bytes]]]]:
    @functools.wraps(make)
    @contextlib.asynccontextmanager
    async def method(
        self: AsyncClient, /, *arguments: P.args, **fields: P.kwargs
    ) -> AsyncGenerator[LiveAudio[AsyncIterator[bytes]]]:
        async with self._answer(make(*arguments, **fields)) as response:
            yield calls.as_live_audio(response, _blocks(response))

    return method


class AsyncClient:
    """Speaks to one service from one event loop; arguments as for `Client`."""

    def __init__(
        self,
        url: str = calls.DEFAULT_URL,
        *,
        api_key: str = "",
        timeout: float = calls.TIMEOUT_SECONDS,
        attempts: int = 3,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = httpx2.AsyncClient(**http_options(url, api_key, timeout), transport=transport)
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

    def talk(self, format: StreamFormatName = "pcm", **fields: Unpack[TalkFields]) -> AbstractAsyncContextManager[Talk]:
        """A conversation over the WebSocket, for text that is still being written."""
        return open_talk(self._http, {**fields, "format": format})

    async def download(self, filename: str, path: Path | str) -> Path:
        """Write a file among the outputs to `path`, in pieces; gives the path."""
        async with self._answer(calls.output(filename)) as response:
            with written(path) as file:
                async for block in _blocks(response):
                    file.write(block)
        return Path(path)

    async def job_events(self, job_id: str, last_event_id: str = "") -> AsyncGenerator[JobEvent]:
        """What happens to a job until it ends, from its beginning or after an event; reconnects by itself."""
        while True:
            async with self._answer(job_calls.job_events(job_id, last_event_id)) as response:
                if response.status_code == httpx2.codes.NO_CONTENT:
                    return
                with contextlib.suppress(httpx2.TransportError):
                    async for event in httpx2.EventSource(response):
                        last_event_id = event.id
                        yield job_event(event)

    async def wait_for_job(
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
            on_progress(job := await self.job(job_id))
            if is_done(job, deadline):
                return job
            await asyncio.sleep(poll_seconds)

    async def send(self, call: Call[T]) -> T:
        """Make a call and read its answer."""
        async with self._answer(call) as response:
            with translated():
                await response.aread()
            return call.read(response)

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    @contextlib.asynccontextmanager
    async def _answer(self, call: Call[T]) -> AsyncGenerator[httpx2.Response]:
        async with contextlib.aclosing(await self._sent(call)) as response:
            yield response

    async def _sent(self, call: Call[T]) -> httpx2.Response:
        for attempt in itertools.count(2):
            try:
                return await self._send_once(call)
            except ServiceError as error:
                if attempt > self._attempts:
                    raise
                await asyncio.sleep(call.pause_before(attempt, error))
        raise AssertionError("counted to the end")

    async def _send_once(self, call: Call[T]) -> httpx2.Response:
        with translated(), call.options() as options:
            response = await self._http.send(self._http.build_request(**options), stream=True)
            if response.is_success:
                return response
            async with contextlib.aclosing(response):
                await response.aread()
                raise refused(response)


async def _blocks(response: httpx2.Response) -> AsyncGenerator[bytes]:
    with translated():
        async for block in response.aiter_bytes():
            yield block
