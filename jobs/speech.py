"""Jobs of type ``tts``: one long text into the files that `POST /api/v1/tts` would make."""

from __future__ import annotations

from collections.abc import Sequence

from api_models import TTSRequest
from api_models.jobs import JobResult
from core.speech_work import carry_out
from exceptions import InvalidRequestError
from jobs.kinds import Bench, PlannedJob, StoredChunks, title_of
from jobs.records import ChunkRecord, JobPlan, JobRecord, NewChunk, Part
from jobs.results import told_result
from jobs.spoken import SpokenChunks
from speech.cancel import CancelToken
from speech.progress import ignore


class SpeechJobs:
    """Plans and assembles long texts.

    Args:
        bench: with what.
    """

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def plan(self, request: str) -> PlannedJob:
        """Plan the text as one part."""
        asked = TTSRequest.model_validate_json(request)
        if asked.num_generations != 1:
            raise InvalidRequestError("A job makes one generation.", field="request.num_generations")
        defaults = self._bench.defaults(asked)
        planned, chunks = self._bench.plan(0, asked, defaults)
        plan = planned.plan
        title = asked.title or title_of(asked.text)
        part = Part(title, plan.lead_pause_ms, planned.wordless, planned.ignored_tags)
        common = JobPlan(plan.engine, plan.engine_version, plan.sample_rate, plan.seed, (part,), defaults)
        return PlannedJob(title, common, tuple(chunks))

    def maker(self, job: JobRecord) -> SpokenChunks:
        """Speaks its chunks by the request itself."""
        return SpokenChunks(self._bench, job, TTSRequest.model_validate_json(job.request))

    def changed(self, job: JobRecord, old: ChunkRecord, text: str | None, seed: int) -> NewChunk:
        """A chunk to be made again."""
        return self.maker(job).changed(old, text, seed)

    def assemble(self, job: JobRecord, chunks: Sequence[ChunkRecord], cancel: CancelToken) -> JobResult:
        """Write the result's files among the outputs."""
        order = self._bench.order(job, TTSRequest.model_validate_json(job.request), 0, chunks)
        result = carry_out(
            order,
            self._bench.core.workshop,
            ignore,
            cancel,
            lambda report, token: StoredChunks(self._bench.audio, chunks, report, token),
        )
        self._bench.core.casting.note_use(record.chunk.voice for record in chunks)
        return told_result(
            result.files, result.captions, result.quality, result.audio_seconds, result.seed, result.warnings
        )
