"""Rows of the job database to values, and back."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row

from jobs.records import ChunkRecord, JobPlan, JobRecord, NewChunk, NewJob
from speech.plan import PlannedChunk


def chunk_record(row: Row[Any]) -> ChunkRecord:
    """A row of the chunks table."""
    passed = None if row.passed is None else bool(row.passed)
    chunk = PlannedChunk(**json.loads(row.chunk))
    return ChunkRecord(
        row.job_id, row.number, row.part, chunk, row.seed, row.audio_key, row.state, row.audio_seconds, passed
    )


def job_record(row: Row[Any]) -> JobRecord:
    """A row of the jobs table."""
    values = {name: getattr(row, name) for name in JobRecord.__dataclass_fields__}
    return JobRecord(**{**values, "plan": JobPlan.from_json(row.plan)})


def job_row(job_id: str, job: NewJob, now: float) -> dict[str, Any]:
    """A new row of the jobs table."""
    same = ("type", "title", "request", "priority", "idempotency_key", "webhook_url")
    return {
        **{name: getattr(job, name) for name in same},
        "id": job_id,
        "state": "queued",
        "plan": job.plan.to_json(),
        "created": now,
        "turn": 0.0,
    }


def chunk_row(job_id: str, number: int, chunk: NewChunk) -> dict[str, Any]:
    """A new row of the chunks table."""
    return {"job_id": job_id, "number": number, **chunk_values(chunk)}


def chunk_values(chunk: NewChunk) -> dict[str, Any]:
    """The columns that change when a chunk is made again."""
    return {
        "part": chunk.part,
        "chunk": json.dumps(asdict(chunk.chunk), ensure_ascii=False),
        "seed": chunk.seed,
        "audio_key": chunk.audio_key,
        "characters": len(chunk.chunk.text),
        "state": "pending",
        "owner": None,
        "lease_until": None,
        "attempts": 0,
        "audio_seconds": None,
        "passed": None,
        "done_at": None,
    }
