"""Jobs from request to files: the same audio as the direct way, resumed, paused, cancelled, made again."""

import errno
import json
import os
import shutil
import time
from collections import namedtuple
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select, update

import jobs.runner
from api_models.jobs import JobReply, RedoRequest, SpeechJob
from config import Settings
from core_engine import CoreEngine
from exceptions import ConflictError, InvalidRequestError, ModelLoadError, QueueFullError, ResourceNotFoundError
from jobs.schema import JOBS
from speech.cancel import CancelToken
from speech.engines.protocol import TakeRequest
from speech.engines.tone import ToneEngine, ToneFaults
from speech.samples import Samples
from tests.support.jobs import SENTENCES, JobsMaker, speech_job, wait_for

SLOW = ToneFaults(delay=0.15)


class Counting(ToneEngine):
    """Counts what it speaks, and fails as often as told."""

    def __init__(self, failures: int = 0) -> None:
        super().__init__(max_batch=1)
        self.spoken: list[str] = []
        self._failures = failures

    def generate(self, batch: Sequence[TakeRequest], cancel: CancelToken) -> list[Samples]:
        if self._failures:
            self._failures -= 1
            raise ModelLoadError("The model is not there yet.")
        self.spoken += [request.text for request in batch]
        return super().generate(batch, cancel)


def result_path(settings: Settings, reply: JobReply) -> Path:
    assert reply.result is not None
    return settings.paths.output_dir / reply.result.output_files[0].filename


def chunk_files(settings: Settings) -> list[Path]:
    return list((settings.paths.jobs_dir / "chunks").rglob("*.npz"))


def test_a_job_makes_the_same_audio_as_the_request_itself(make_jobs: JobsMaker, settings: Settings) -> None:
    service = make_jobs()
    job = speech_job(6)
    reply = wait_for(service, service.submit(job).id, "done")
    assert reply.progress.chunks_done == reply.progress.chunks == 6
    direct = CoreEngine(settings, engine=ToneEngine(max_batch=1))
    try:
        path = direct.tts(job.request).files[0].path
    finally:
        direct.close()
    assert path.read_bytes() == result_path(settings, reply).read_bytes()


def test_chunks_that_were_spoken_before_are_not_spoken_again(make_jobs: JobsMaker) -> None:
    first, second = Counting(), Counting()
    service = make_jobs(engine=first)
    wait_for(service, service.submit(speech_job(4)).id, "done")
    service.close()
    again = make_jobs(engine=second)
    wait_for(again, again.submit(speech_job(5)).id, "done")
    assert (len(first.spoken), len(second.spoken)) == (4, 1)


def test_check_30_a_stopped_job_goes_on_and_makes_no_chunk_twice(make_jobs: JobsMaker) -> None:
    first, second = Counting(), Counting()
    first._faults = SLOW
    service = make_jobs(engine=first)
    job_id = service.submit(speech_job(12)).id
    while len(first.spoken) < 3:
        time.sleep(0.01)
    started = time.monotonic()
    service.close()
    assert time.monotonic() - started < 6
    again = make_jobs(engine=second)
    assert wait_for(again, job_id, "done").progress.chunks_done == 12
    assert len({*first.spoken, *second.spoken}) == len(first.spoken) + len(second.spoken) == 12


def test_a_paused_job_rests_and_goes_on(make_jobs: JobsMaker) -> None:
    service = make_jobs(faults=SLOW)
    job_id = service.submit(speech_job(8)).id
    wait_for(service, job_id, "running")
    assert service.pause(job_id).reason == "user"
    with pytest.raises(ConflictError):
        service.pause(job_id)
    time.sleep(0.5)
    done = service.get(job_id).progress.chunks_done
    time.sleep(0.4)
    assert service.get(job_id).progress.chunks_done == done < 8
    service.resume(job_id)
    wait_for(service, job_id, "done")


def test_a_cancelled_job_frees_the_lane_within_a_chunk(make_jobs: JobsMaker) -> None:
    service = make_jobs(faults=ToneFaults(delay=30.0))
    job_id = service.submit(speech_job(8)).id
    wait_for(service, job_id, "running")
    time.sleep(0.2)
    service.cancel(job_id)
    after = speech_job(1, text="Another text.")
    service._core.engine._faults = ToneFaults()  # type: ignore[attr-defined]
    wait_for(service, service.submit(after).id, "done", seconds=5)
    assert service.get(job_id).state == "cancelled"
    with pytest.raises(ConflictError):
        service.resume(job_id)


def test_a_finished_job_takes_a_new_text_for_one_chunk(make_jobs: JobsMaker, settings: Settings) -> None:
    engine = Counting()
    service = make_jobs(engine=engine)
    job_id = service.submit(speech_job(3)).id
    before = result_path(settings, wait_for(service, job_id, "done"))
    shorter = service.redo(job_id, 1, RedoRequest(text="Short now."))
    assert shorter.state in ("queued", "running")
    reply = wait_for(service, job_id, "done")
    assert engine.spoken[3:] == ["short now."]
    after = result_path(settings, reply)
    assert after.stat().st_size > 0 and not before.exists()
    assert service.chunks(job_id, 1, 10).chunks[1].text == "Short now."
    assert reply.result is not None and reply.result.audio_seconds < 3.9


def test_a_chunk_made_again_gets_another_seed(make_jobs: JobsMaker) -> None:
    service = make_jobs()
    job_id = service.submit(speech_job(2)).id
    wait_for(service, job_id, "done")
    old = service.chunk_audio(job_id, 0)
    service.redo(job_id, 0, RedoRequest())
    wait_for(service, job_id, "done")
    assert [chunk.seed for chunk in service.chunks(job_id, 1, 10).chunks] == [8, 7]
    assert service.chunk_audio(job_id, 0) != old


@pytest.mark.parametrize("words", ["Much longer. " * 60, "Two. [pause:1s] Parts."])
def test_a_new_text_must_be_one_chunk(make_jobs: JobsMaker, words: str) -> None:
    service = make_jobs(start=False)
    job_id = service.submit(speech_job(2)).id
    with pytest.raises(InvalidRequestError) as refused:
        service.redo(job_id, 0, RedoRequest(text=words))
    assert refused.value.field == "text"


def test_a_full_disk_pauses_the_job_and_room_lets_it_go_on(
    make_jobs: JobsMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = make_jobs()
    save, written = np.savez, []

    def no_room_after_two(*arguments: Any, **arrays: Any) -> None:
        written.append(1)
        if len(written) > 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        save(*arguments, **arrays)

    monkeypatch.setattr(np, "savez", no_room_after_two)
    job_id = service.submit(speech_job(5)).id
    paused = wait_for(service, job_id, "paused")
    assert paused.reason == "disk_full" and "no room on the disk" in str(paused.message)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 0))
    service._keeper.go_round()
    assert service.get(job_id).state == "paused"
    monkeypatch.setattr(np, "savez", save)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**12, 0, 10**12))
    service._keeper.go_round()
    assert wait_for(service, job_id, "done").reason is None


def test_check_34_a_model_that_is_not_there_yet_delays_the_job(
    make_jobs: JobsMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs.runner, "RETRY_SECONDS", 0.05)
    engine = Counting(failures=3)
    service = make_jobs(engine=engine)
    reply = wait_for(service, service.submit(speech_job(3)).id, "done", "failed")
    assert reply.state == "done" and len(engine.spoken) == 3


def test_a_chunk_that_cannot_be_made_fails_the_job_with_its_number_and_a_resume_mends_it(make_jobs: JobsMaker) -> None:
    service = make_jobs(faults=ToneFaults("raise", takes=9))
    reply = wait_for(service, service.submit(speech_job(1)).id, "failed")
    assert reply.reason == "chunk_failed" and "Chunk 1" in str(reply.message)
    service.resume(reply.id)
    wait_for(service, reply.id, "done")


def test_lost_audio_is_made_again(make_jobs: JobsMaker, settings: Settings) -> None:
    engine = Counting()
    service = make_jobs(engine=engine)
    job_id = service.submit(speech_job(3)).id
    wait_for(service, job_id, "done")
    first, second = sorted((settings.paths.jobs_dir / "chunks").rglob("*.npz"))[:2]
    first.unlink()
    second.write_bytes(second.read_bytes()[:1000])
    service.redo(job_id, 2, RedoRequest(seed=99))
    wait_for(service, job_id, "done")
    assert len(engine.spoken) >= 5


def test_a_job_of_another_engine_waits_for_it(make_jobs: JobsMaker) -> None:
    service = make_jobs(start=False)
    job_id = service.submit(speech_job(2)).id
    service.close()
    other = Counting()
    other.capabilities = other.capabilities.__class__(**{**vars(other.capabilities), "version": "2"})
    again = make_jobs(engine=other)
    paused = wait_for(again, job_id, "paused")
    assert paused.reason == "engine_changed" and other.spoken == []


def test_a_job_goes_on_with_the_defaults_that_it_was_handed_in_with(make_jobs: JobsMaker, settings: Settings) -> None:
    first = make_jobs(start=False, tts_defaults={"export_formats": ["flac"], "trim": False})
    asked = SpeechJob.model_validate({"type": "tts", "request": {"text": " ".join(SENTENCES[:3])}})
    job_id = first.submit(asked).id
    first.close()

    changed = make_jobs(tts_defaults={"export_formats": ["mp3"], "speed_factor": 1.5, "separate_chunks": True})
    reply = wait_for(changed, job_id, "done")
    assert reply.result is not None
    assert [file.format for file in reply.result.output_files] == ["flac"]
    changed.redo(job_id, 1, RedoRequest(text="Short now."))
    assert wait_for(changed, job_id, "done").progress.chunks_done == 3
    assert {chunk.chunk.parameters["speed"] for chunk in changed._store.chunks(job_id)} == {1.0}


@pytest.mark.parametrize("stored", [None, {"trim": False, "gone": 1}])
def test_a_job_that_was_stored_with_no_valid_defaults_takes_those_that_hold_now(
    make_jobs: JobsMaker, stored: dict[str, Any] | None
) -> None:
    first = make_jobs(start=False)
    asked = SpeechJob.model_validate({"type": "tts", "request": {"text": SENTENCES[0]}})
    job_id = first.submit(asked).id
    with first._database.transaction() as connection:
        plan = json.loads(connection.execute(select(JOBS.c.plan)).scalar_one())
        del plan["defaults"]
        older = plan if stored is None else {**plan, "defaults": stored}
        connection.execute(update(JOBS).values(plan=json.dumps(older)))
    assert [job.id for job in first.list_jobs(None, 1, 10).jobs] == [job_id]
    first.close()

    reply = wait_for(make_jobs(tts_defaults={"export_formats": ["flac"]}), job_id, "done")
    assert reply.result is not None
    assert [file.format for file in reply.result.output_files] == ["flac"]


def test_more_unfinished_jobs_than_allowed_are_refused(make_jobs: JobsMaker, settings: Settings) -> None:
    limited = settings.jobs.model_copy(update={"max_unfinished": 1})
    service = make_jobs(start=False, jobs=dict(limited))
    service.submit(speech_job(1))
    with pytest.raises(QueueFullError):
        service.submit(speech_job(2))


def test_a_job_of_several_generations_is_refused(make_jobs: JobsMaker) -> None:
    with pytest.raises(InvalidRequestError):
        make_jobs(start=False).submit(speech_job(1, num_generations=2))


def test_old_jobs_are_forgotten_with_their_chunks_and_keep_their_result(
    make_jobs: JobsMaker, settings: Settings
) -> None:
    service = make_jobs(jobs={"retention_days": 1e-9})
    reply = wait_for(service, service.submit(speech_job(2)).id, "done")
    time.sleep(0.01)
    service._keeper.go_round()
    with pytest.raises(ResourceNotFoundError):
        service.get(reply.id)
    assert chunk_files(settings) == []
    assert result_path(settings, reply).exists()


def test_audio_that_no_job_uses_any_more_goes_when_it_is_old(make_jobs: JobsMaker, settings: Settings) -> None:
    service = make_jobs()
    job_id = service.submit(speech_job(2)).id
    wait_for(service, job_id, "done")
    used = {path.stem for path in chunk_files(settings)}
    service.redo(job_id, 1, RedoRequest(text="Short now."))
    wait_for(service, job_id, "done")
    service.close()
    for path in chunk_files(settings):
        os.utime(path, (0, 0))
    assert len(chunk_files(settings)) == 3

    reply = make_jobs().get(job_id)

    assert reply.state == "done"
    left = {path.stem for path in chunk_files(settings)}
    assert len(left) == 2 and len(left & used) == 1


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_services_on_one_store_share_the_work_and_make_no_chunk_twice(
    make_jobs: JobsMaker, request: pytest.FixtureRequest, database: str
) -> None:
    url = request.getfixturevalue(database) if database == "postgresql" else ""
    engines = [Counting(), Counting()]
    for engine in engines:
        engine._faults = ToneFaults(delay=0.1)  # much longer together than an idle worker sleeps
    services = [make_jobs(engine=engine, jobs={"database_url": url, "workers": 2}) for engine in engines]
    done = wait_for(services[1], services[0].submit(speech_job(20)).id, "done")
    spoken = [text for engine in engines for text in engine.spoken]
    assert all(engine.spoken for engine in engines)
    assert len(spoken) == len(set(spoken)) == 20
    assert done.progress.chunks_done == 20
