"""The job service: stores what is asked for, works on it in the background, and tells how it goes."""

from __future__ import annotations

from typing import Final

from api_models.jobs import (
    BookReply,
    JobChunks,
    JobEstimate,
    JobEvent,
    JobList,
    JobReply,
    JobRequest,
    JobStateName,
    RedoRequest,
)
from core_engine import CoreEngine
from exceptions import ConflictError, InvalidRequestError, QueueFullError, ResourceNotFoundError
from jobs.audiobook import AudiobookJobs
from jobs.books import BookShelf
from jobs.chunk_audio import ChunkAudio
from jobs.conversion import ConversionJobs
from jobs.database import Database
from jobs.estimate import estimate
from jobs.events import events_after
from jobs.housekeeping import Housekeeper
from jobs.kinds import Bench, JobKind
from jobs.queue import WorkQueue
from jobs.recordings import RecordingShelf
from jobs.records import ChunkRecord, JobRecord, NewJob
from jobs.replies import book_reply, chunk_reply, event_reply, job_reply
from jobs.runner import Runner
from jobs.speech import SpeechJobs
from jobs.store import JobStore
from jobs.webhooks import deliver
from speech.audio.wav import wav_bytes
from speech.plan import SEED_LIMIT

DATABASE_FILE: Final = "jobs.sqlite"
GRACE_SECONDS: Final = 3.0
"""How long a stop waits for chunks in hand before they are given back."""


class Jobs:
    """Long works on one core; every method may be called from any thread.

    Args:
        core: speaks; its settings tell where jobs lie and how many are worked on.

    Raises:
        ConfigurationError: a newer version has written to the job database.
    """

    def __init__(self, core: CoreEngine) -> None:
        settings, folder = core.settings.jobs, core.settings.paths.jobs_dir
        folder.mkdir(parents=True, exist_ok=True)
        core.outputs.root.mkdir(parents=True, exist_ok=True)
        self._settings = settings
        self._core = core
        self._database = Database(settings.database_url or f"sqlite:///{folder / DATABASE_FILE}")
        self._store = JobStore(self._database)
        self._audio = ChunkAudio(folder / "chunks")
        bench = Bench(core, self._audio, settings.max_text_length)
        self._shelf = BookShelf(folder / "books", settings.max_text_length)
        self._recordings = RecordingShelf(folder / "recordings")
        self._kinds: dict[str, JobKind] = {
            "tts": SpeechJobs(bench),
            "vc": ConversionJobs(bench, self._recordings),
            "audiobook": AudiobookJobs(bench, self._shelf),
        }
        queue = WorkQueue(self._database, settings.lease_seconds)
        self._runner = Runner(self._store, queue, bench, self._kinds, settings.workers, settings.lease_seconds / 4)
        folders = (folder, core.outputs.root)
        self._keeper = Housekeeper(
            self._store, queue, self.sweep, folders, settings.retention_days, self.delete, self.resume, self._tell
        )

    def start(self) -> None:
        """Begin to work on what is stored."""
        if self._settings.workers:
            self._keeper.start()
            self._runner.start()

    def close(self) -> None:
        """Stop working; what is not done goes on at the next start."""
        self._keeper.close()
        self._runner.close(GRACE_SECONDS)
        self._database.close()

    def submit(self, job: JobRequest, idempotency_key: str | None = None) -> JobReply:
        """See `core.job_service.JobService`, as for the other methods."""
        request = job.request.model_dump_json(exclude_unset=True)
        if idempotency_key and (twin := self._store.find_key(idempotency_key)):
            if (twin.type, twin.request) != (job.type, request):
                raise ConflictError("Another request was made with this Idempotency-Key.")
            return self._reply(twin)
        if self._store.unfinished() >= self._settings.max_unfinished:
            raise QueueFullError("Too many jobs are unfinished; try again when some are done.", retry_after=60)
        self._check_webhook(job.webhook_url)
        planned = self._kinds[job.type].plan(request)
        new = NewJob(
            job.type, planned.title, request, planned.plan, planned.chunks, job.priority, idempotency_key,
            job.webhook_url,
        )  # fmt: skip
        stored = self._store.add(new)
        self._runner.wake()
        return self._reply(stored)

    def estimate(self, job: JobRequest) -> JobEstimate:
        """What it would come to."""
        planned = self._kinds[job.type].plan(job.request.model_dump_json(exclude_unset=True))
        return estimate(planned, self._audio, self._store.pace(converting=job.type == "vc"))

    def add_book(self, name: str, data: bytes) -> BookReply:
        """Keep a book."""
        return book_reply(*self._shelf.add(name, data))

    def get_book(self, book_id: str) -> BookReply:
        """A book that was handed in."""
        return book_reply(book_id, self._shelf.get(book_id))

    def get(self, job_id: str) -> JobReply:
        """One job."""
        return self._reply(self._store.get(job_id))

    def list_jobs(self, state: JobStateName | None, page: int, page_size: int) -> JobList:
        """One page of the jobs."""
        found, total = self._store.page(state, page, page_size)
        return JobList(jobs=[self._reply(job) for job in found], page=page, page_size=page_size, total=total)

    def chunks(self, job_id: str, page: int, page_size: int, part: int | None = None) -> JobChunks:
        """One page of the chunks."""
        total = self._store.progress(self._store.get(job_id).id, part).total
        found = self._store.chunks(job_id, part, (page - 1) * page_size, page_size)
        return JobChunks(chunks=[chunk_reply(chunk) for chunk in found], page=page, page_size=page_size, total=total)

    def chunk_audio(self, job_id: str, number: int) -> bytes:
        """A finished chunk as a WAV file."""
        chunk = self._chunk(job_id, number)
        result = self._audio.load(chunk.audio_key, chunk.chunk) if chunk.state == "done" else None
        if result is None or result.kept is None:
            raise ResourceNotFoundError("This chunk has no audio yet.", field="number")
        return wav_bytes(result.kept.repaired.samples, self._store.get(job_id).plan.sample_rate)

    def events(self, job_id: str, after: int, most: int) -> list[JobEvent]:
        """Events with a higher id than `after`."""
        self._store.get(job_id)
        return [event_reply(event) for event in events_after(self._database, job_id, after, most)]

    def pause(self, job_id: str) -> JobReply:
        """Hand out no more of it."""
        self._store.move(job_id, "paused", reason="user")
        self._runner.stop_assembly(job_id)
        return self.get(job_id)

    def resume(self, job_id: str) -> JobReply:
        """Let it go on."""
        self._store.resume(job_id)
        self._runner.wake()
        return self.get(job_id)

    def cancel(self, job_id: str) -> JobReply:
        """Stop it for good."""
        self._store.move(job_id, "cancelled", reason="user")
        self._runner.stop_job(job_id)
        return self.get(job_id)

    def redo(self, job_id: str, number: int, how: RedoRequest) -> JobReply:
        """Have a chunk made again."""
        job, old = self._store.get(job_id), self._chunk(job_id, number)
        seed = how.seed or old.seed % (SEED_LIMIT - 1) + 1
        self._store.redo(job_id, number, self._kinds[job.type].changed(job, old, how.text, seed))
        self._runner.wake()
        return self.get(job_id)

    def delete(self, job_id: str) -> None:
        """Forget it."""
        for key in self._store.delete(job_id):
            self._audio.delete(key)

    def sweep(self) -> None:
        """Remove files that no job uses; done by itself every hour."""
        self._audio.sweep(self._store.audio_keys())
        self._recordings.sweep(self._store.recordings())
        self._shelf.sweep(self._store.books(), self._settings.retention_days)

    def _check_webhook(self, url: str | None) -> None:
        if url and not self._settings.webhooks:
            raise InvalidRequestError("Webhooks are not allowed here.", field="webhook_url")
        if url and not url.lower().startswith(("http://", "https://")):
            raise InvalidRequestError("A webhook is an http or https address.", field="webhook_url")

    def _tell(self, job_id: str, url: str) -> bool:
        facts = self.get(job_id).model_dump(mode="json", include={"id", "type", "title", "state", "reason", "message"})
        return deliver(url, facts)

    def _reply(self, job: JobRecord) -> JobReply:
        return job_reply(job, self._store.progress(job.id))

    def _chunk(self, job_id: str, number: int) -> ChunkRecord:
        self._store.get(job_id)
        found = self._store.chunks(job_id, first=number, count=1)
        if not found:
            raise ResourceNotFoundError("The job has no chunk of that number.", field="number")
        return found[0]
