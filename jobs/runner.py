"""Worker threads that speak the chunks of jobs and assemble what is complete, and the heartbeat of their leases."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator, Mapping

from exceptions import CancelledError, ChatterboxError, ConflictError, DiskFullError
from jobs.kinds import Bench, ChunkMaker, EngineChangedError, JobKind, MissingAudioError
from jobs.queue import Outcome, WorkQueue
from jobs.records import ChunkRecord
from jobs.results import remove_older
from jobs.store import JobStore
from speech.cancel import CancelToken

log = logging.getLogger("chatterbox.jobs")

POLL_SECONDS = 1.0
"""How often an idle worker looks for work that another process has stored."""
RETRY_SECONDS = 5.0
"""Rest after a failure that passes by itself, such as a model that cannot be loaded yet."""
MAKERS_KEPT = 8

Held = tuple[str, int] | str
"""A chunk by job and number, or a job under assembly by its id."""


class Runner:
    """Works on jobs from `start` to `close`.

    Args:
        store: of the jobs.
        queue: hands out the work.
        bench: with what it is done.
        kinds: types of jobs by name.
        workers: chunks or assemblies at the same time.
        heartbeat_seconds: between two signs of life, well below the lease.
    """

    def __init__(
        self,
        store: JobStore,
        queue: WorkQueue,
        bench: Bench,
        kinds: Mapping[str, JobKind],
        workers: int,
        heartbeat_seconds: float,
    ) -> None:
        self._store = store
        self._queue = queue
        self._bench = bench
        self._kinds = kinds
        self._heartbeat_seconds = heartbeat_seconds
        self._held: dict[Held, CancelToken] = {}
        self._makers: dict[str, ChunkMaker] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._work = threading.Condition()
        self._threads = [
            threading.Thread(target=self._run, name=f"job-worker-{n}", daemon=True) for n in range(workers)
        ]
        self._pulse = threading.Thread(target=self._beat, name="job-heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        for thread in (*self._threads, self._pulse):
            thread.start()

    def wake(self) -> None:
        """Look for work now."""
        with self._work:
            self._work.notify_all()

    def stop_job(self, job_id: str) -> None:
        """Stop what is being done on a job that may no longer be worked on."""
        with self._lock:
            tokens = [token for held, token in self._held.items() if held == job_id or held[0] == job_id]
        for token in tokens:
            token.cancel()

    def stop_assembly(self, job_id: str) -> None:
        """Stop the assembly of a job; chunks of it that are under way are finished."""
        with self._lock:
            token = self._held.get(job_id)
        if token is not None:
            token.cancel()

    def close(self, grace_seconds: float) -> None:
        """Take on nothing more, give the chunks in hand so long to end, and then give them back."""
        self._closing.set()
        self.wake()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(grace_seconds / len(self._threads))
        with self._lock:
            tokens = list(self._held.values())
        for token in tokens:
            token.cancel()
        for thread in (*self._threads, self._pulse):
            if thread.is_alive():
                thread.join(grace_seconds)

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                if self._step():
                    continue
            except Exception:
                log.exception("a job worker failed and goes on")
                self._closing.wait(RETRY_SECONDS)
            with self._work:
                self._work.wait(POLL_SECONDS)

    def _step(self) -> bool:
        """Do one piece of work; false if there is none."""
        chunk = self._queue.claim_chunk()
        if chunk is not None:
            with self._holding((chunk.job_id, chunk.number)) as token:
                self._speak(chunk, token)
            return True
        job_id = self._queue.claim_assembly()
        if job_id is not None:
            with self._holding(job_id) as token:
                self._assemble(job_id, token)
            return True
        return False

    def _speak(self, chunk: ChunkRecord, token: CancelToken) -> None:
        try:
            outcome = self._outcome(chunk, token)
        except DiskFullError as error:
            self._queue.release(chunk)
            self._pause(chunk.job_id, "disk_full", error)
        except EngineChangedError as error:
            self._queue.release(chunk)
            self._pause(chunk.job_id, "engine_changed", error)
        except ChatterboxError as error:
            if isinstance(error, CancelledError) or error.retryable:
                self._queue.release(chunk)
                self._rest(error)
            else:
                self._queue.fail_chunk(chunk, f"Chunk {chunk.number + 1}: {error.message}")
        else:
            self._queue.complete(chunk, outcome)

    def _outcome(self, chunk: ChunkRecord, token: CancelToken) -> Outcome:
        result = self._bench.audio.load(chunk.audio_key, chunk.chunk)
        reused = result is not None
        if result is None:
            result = self._maker(chunk.job_id).make(chunk, token)
            self._bench.audio.save(chunk.audio_key, result)
        kept = result.kept
        seconds = len(kept.repaired.samples) / self._bench.core.engine.capabilities.sample_rate if kept else 0.0
        passed = False if kept is None else kept.take.check.passed if kept.take.check else None
        return Outcome(seconds, passed, reused)

    def _assemble(self, job_id: str, token: CancelToken) -> None:
        with self._lock:
            self._makers.pop(job_id, None)
        job = self._store.get(job_id)
        try:
            with self._bench.core.operations.operation("job_assembly"):
                result = self._kinds[job.type].assemble(job, self._store.chunks(job_id), token)
        except MissingAudioError as error:
            self._store.reopen(error.chunk)
        except DiskFullError as error:
            self._pause(job_id, "disk_full", error)
        except EngineChangedError as error:
            self._pause(job_id, "engine_changed", error)
        except ChatterboxError as error:
            if not isinstance(error, CancelledError):
                self._store.move(job_id, "failed", reason="error", message=error.message)
            elif self._closing.is_set():
                self._store.move(job_id, "queued", only=("assembling",))
        else:
            remove_older(self._bench.core.outputs.root, job_id, result)
            self._store.move(job_id, "done", result=result.model_dump_json(), attempts=0)

    def _pause(self, job_id: str, reason: str, error: ChatterboxError) -> None:
        log.warning("job %s pauses: %s", job_id, error.message)
        with contextlib.suppress(ConflictError):
            self._store.move(job_id, "paused", reason=reason, message=error.message)

    def _rest(self, error: ChatterboxError) -> None:
        if not isinstance(error, CancelledError):
            log.warning("a job waits: %s", error.message)
            self._closing.wait(error.retry_after or RETRY_SECONDS)

    def _maker(self, job_id: str) -> ChunkMaker:
        with self._lock:
            found = self._makers.get(job_id)
        if found is None:
            job = self._store.get(job_id)
            made = self._kinds[job.type].maker(job)
            with self._lock:
                if len(self._makers) >= MAKERS_KEPT:
                    self._makers.clear()
                found = self._makers.setdefault(job_id, made)
        return found

    @contextlib.contextmanager
    def _holding(self, held: Held) -> Iterator[CancelToken]:
        token = CancelToken()
        with self._lock:
            self._held[held] = token
        try:
            yield token
        finally:
            with self._lock:
                del self._held[held]

    def _beat(self) -> None:
        while not self._closing.wait(self._heartbeat_seconds):
            with self._lock:
                held = dict(self._held)
            chunks = [item for item in held if isinstance(item, tuple)]
            try:
                lost = self._queue.renew(chunks, [item for item in held if isinstance(item, str)])
            except Exception:
                log.exception("the heartbeat of the jobs failed and goes on")
                continue
            for item in lost:
                held[item].cancel()
