"""What one request and its answer come to, whether they are waited for or awaited."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Generic, TypeVar

import httpx2

from client.errors import BusyError, JobNotDoneError, RefusedError, ServiceError, UnreachableError, refusal
from client.job_replies import Job, JobEvent

T = TypeVar("T")

CONNECT_SECONDS = 10.0
FIRST_PAUSE_SECONDS = 0.5
"""Before a second attempt, where the service does not say when; doubled each time."""
LONGEST_PAUSE_SECONDS = 60.0
"""A service that asks for more is not waited for."""
IDEMPOTENCY_KEY = "Idempotency-Key"


@dataclass(frozen=True)
class Call(Generic[T]):
    """A request and how its answer is read.

    Attributes:
        files: recordings to upload, by their form field.
    """

    method: str
    path: str
    read: Callable[[httpx2.Response], T]
    params: Mapping[str, Any] = field(default_factory=dict)
    json: Mapping[str, Any] | None = None
    data: Mapping[str, Any] | None = None
    files: Mapping[str, Path] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice does what sending it once does."""
        return self.method == "GET" or IDEMPOTENCY_KEY in self.headers

    @contextlib.contextmanager
    def options(self) -> Iterator[dict[str, Any]]:
        """Arguments of httpx2's `build_request`; files are open until the block ends."""
        with contextlib.ExitStack() as stack:
            files: dict[str, IO[bytes]] = {
                name: stack.enter_context(path.open("rb")) for name, path in self.files.items()
            }
            yield {
                "method": self.method, "url": self.path, "params": self.params, "json": self.json,
                "data": self.data, "files": files or None, "headers": self.headers,
            }  # fmt: skip

    def pause_before(self, attempt: int, error: ServiceError) -> float:
        """Seconds to wait before that attempt, counted from 2; raises `error` where it is not worth while."""
        if not self.repeatable or not isinstance(error, BusyError | UnreachableError):
            raise error
        asked = error.retry_after if isinstance(error, RefusedError) else None
        pause = FIRST_PAUSE_SECONDS * 2 ** (attempt - 2) if asked is None else asked
        if pause > LONGEST_PAUSE_SECONDS:
            raise error
        return pause


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Raises failures of the connection as `UnreachableError`."""
    try:
        yield
    except httpx2.TransportError as error:
        raise UnreachableError(f"{type(error).__name__}: {error}") from error


def refused(response: httpx2.Response) -> RefusedError:
    """The error of an answer that was read."""
    return refusal(response.status_code, response.headers, response.content)


def http_options(url: str, api_key: str, timeout: float) -> dict[str, Any]:
    """Arguments of httpx2's clients."""
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    return {"base_url": url, "headers": headers, "timeout": httpx2.Timeout(timeout, connect=CONNECT_SECONDS)}


def job_event(event: httpx2.ServerSentEvent) -> JobEvent:
    """An event of a job, as it is sent."""
    data = event.json()
    return JobEvent(event.id, event.event, data if isinstance(data, dict) else {})


def is_done(job: Job, deadline: float) -> bool:
    """Whether a job has its result.

    Raises:
        JobNotDoneError: it never will, or the deadline (of `time.monotonic`) has passed.
    """
    if job["state"] in ("failed", "cancelled"):
        raise JobNotDoneError(f"The job has {job['state']}: {job['message'] or job['reason']}", job)
    if job["state"] != "done" and time.monotonic() > deadline:
        raise JobNotDoneError(f"The job is still {job['state']}.", job)
    return job["state"] == "done"


@contextlib.contextmanager
def written(path: Path | str) -> Iterator[IO[bytes]]:
    """A file that has its name only once all of it was written."""
    target = Path(path)
    part = target.with_name(f"{target.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
