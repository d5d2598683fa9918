"""A typed client of the service, for programs in Python; needs httpx2, and websockets for text that is being written.

Imports nothing of the service. docs/python-client.md shows how to use it.
"""

from client.blocking import Client
from client.errors import (
    AccessError,
    BusyError,
    ConflictError,
    FailedError,
    InvalidRequestError,
    JobNotDoneError,
    NotFoundError,
    RefusedError,
    ServiceError,
    UnreachableError,
)
from client.job_replies import Job, JobEvent
from client.nonblocking import AsyncClient
from client.replies import Audio, LiveAudio, Report, TalkEvent
from client.talk import Talk

__all__ = [
    "AccessError",
    "AsyncClient",
    "Audio",
    "BusyError",
    "Client",
    "ConflictError",
    "FailedError",
    "InvalidRequestError",
    "Job",
    "JobEvent",
    "JobNotDoneError",
    "LiveAudio",
    "NotFoundError",
    "RefusedError",
    "Report",
    "ServiceError",
    "Talk",
    "TalkEvent",
    "UnreachableError",
]
