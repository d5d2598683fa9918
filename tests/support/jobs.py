"""Jobs for tests, and waiting for them."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from api_models.jobs import JobReply, SpeechJob
from jobs.service import Jobs

JobsMaker = Callable[..., Jobs]

SENTENCES = [f"This is the sentence with the number {number} of the text." for number in range(1, 101)]


def speech_job(count: int = 3, **fields: Any) -> SpeechJob:
    """A job of as many chunks."""
    request = {"text": " ".join(SENTENCES[:count]), "seed": 7, "export_formats": ["wav"], **fields}
    return SpeechJob.model_validate({"type": "tts", "request": request})


def wait_for(jobs: Jobs, job_id: str, *states: str, seconds: float = 60.0) -> JobReply:
    """The job once it is in one of the states."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        reply = jobs.get(job_id)
        if reply.state in states:
            return reply
        time.sleep(0.01)
    raise AssertionError(f"the job stayed {reply.state}: {reply.message}")


def left_when_old(service: Jobs, folder: Path) -> list[Path]:
    """What the service keeps of a folder whose files were all made long ago."""
    for file in folder.iterdir():
        os.utime(file, (0, 0))
    service.sweep()
    return sorted(folder.iterdir())
