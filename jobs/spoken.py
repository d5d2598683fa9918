"""Chunks of jobs that speak: made one by one, and changed to be made again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from api_models import TTSRequest
from core.kept_chunks import reworded
from core.speech_work import speaker
from jobs.kinds import Bench, new_chunk
from jobs.records import ChunkRecord, JobRecord, NewChunk
from speech.cancel import CancelToken
from speech.lane import BACKGROUND
from speech.progress import TakeJudged
from speech.takes import ChunkResult, JudgedTake


@dataclass(frozen=True)
class SpokenChunks:
    """Chunks of one job.

    Attributes:
        bench: with what they are made.
        job: they belong to.
        request: by whose fields they are spoken; its text does not matter.
    """

    bench: Bench
    job: JobRecord
    request: TTSRequest

    def make(self, chunk: ChunkRecord, cancel: CancelToken) -> ChunkResult:
        """Speak a chunk; raises as `jobs.kinds.ChunkMaker` does."""
        order = self.bench.order(self.job, self.request, chunk.part, [chunk])
        core = self.bench.core
        with core.operations.operation("job_chunk") as operation:

            def report(index: int, take: JudgedTake) -> None:
                operation.observe(TakeJudged(index, take.take, take.seed, take.seconds, take.check))

            source = speaker(order, core.workshop, chunk.seed, cancel, report, priority=BACKGROUND)
            try:
                return source.finish(chunk.chunk)
            finally:
                source.abandon()

    def changed(self, old: ChunkRecord, text: str | None, seed: int) -> NewChunk:
        """A chunk to be made again; as `jobs.kinds.JobKind.changed`."""
        chunk = old.chunk
        if text is not None:
            plan = partial(self.bench.core.plan, defaults=self.job.plan.defaults)
            chunk = reworded(chunk, text, self.request, plan)
        order = self.bench.order(self.job, self.request, old.part, [replace(old, chunk=chunk)])
        return new_chunk(order, old.part, chunk, seed)
