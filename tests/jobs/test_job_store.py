"""The job database: the same statements on SQLite and, where it is installed, on PostgreSQL."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api_models import TTSDefaults
from exceptions import ConfigurationError, ConflictError, ResourceNotFoundError
from jobs.database import Database
from jobs.events import events_after
from jobs.queue import MOST_ATTEMPTS, Outcome, WorkQueue
from jobs.records import ChunkRecord, JobPlan, NewChunk, NewJob, Part
from jobs.states import BEFORE, JOB_STATES, JobState
from jobs.store import JobStore
from speech.plan import PlannedChunk

DONE = Outcome(1.5, True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'jobs.sqlite'}")
    else:
        database = Database(request.getfixturevalue("postgresql"))
    yield database
    database.close()


def new_job(count: int = 3, priority: int = 0, key: str | None = None, words: str = "Words") -> NewJob:
    chunks = tuple(
        NewChunk(
            0, PlannedChunk(n, f"{words} {n}", "", "", "tone-a", "", "en-US", {"speed": 1.0}, 250, ""), 7, f"{words}{n}"
        )
        for n in range(count)
    )
    return NewJob(
        "tts",
        "A title",
        "{}",
        JobPlan("tone", "1", 24_000, 7, (Part("A title"),), TTSDefaults()),
        chunks,
        priority,
        key,
    )


def bring_to(store: JobStore, job_id: str, state: JobState) -> None:
    """Lead a queued job to a state along allowed ways."""
    ways: dict[JobState, list[JobState]] = {"assembling": ["assembling"], "done": ["assembling", "done"]}
    for step in ways.get(state, [] if state == "queued" else [state]):
        store.move(job_id, step)


def claimed(queue: WorkQueue) -> ChunkRecord:
    chunk = queue.claim_chunk()
    assert chunk is not None
    return chunk


@pytest.mark.parametrize("before", JOB_STATES)
def test_only_allowed_moves_are_made(database: Database, before: JobState) -> None:
    store = JobStore(database)
    for after in JOB_STATES:
        job_id = store.add(new_job()).id
        bring_to(store, job_id, before)
        if before in BEFORE[after]:
            store.move(job_id, after)
            assert store.get(job_id).state == after
        else:
            with pytest.raises(ConflictError, match=before):
                store.move(job_id, after)
            assert store.get(job_id).state == before


def test_the_database_itself_refuses_unknown_states_and_orphans(database: Database) -> None:
    job_id = JobStore(database).add(new_job()).id
    for statement in (
        "UPDATE jobs SET state = 'odd'",
        "UPDATE chunks SET state = 'odd'",
        "UPDATE chunks SET job_id = 'x'",
    ):
        with pytest.raises(DBAPIError), database.transaction() as connection:
            connection.execute(text(statement))
    assert JobStore(database).get(job_id).state == "queued"


def test_what_is_stored_comes_back(database: Database) -> None:
    store = JobStore(database)
    job = new_job(words="“Größe” ☃")
    job_id = store.add(job).id
    assert store.get(job_id).plan == job.plan
    assert [chunk.chunk for chunk in store.chunks(job_id)] == [chunk.chunk for chunk in job.chunks]


def test_chunks_are_handed_out_in_order_once_and_by_turns(database: Database) -> None:
    store, queue = JobStore(database), WorkQueue(database)
    first, second = store.add(new_job(2)).id, store.add(new_job(2)).id
    got = [(chunk.job_id, chunk.number) for chunk in iter(queue.claim_chunk, None)]
    assert got == [(first, 0), (second, 0), (first, 1), (second, 1)]
    assert store.get(first).state == "running"


def test_a_higher_priority_goes_first(database: Database) -> None:
    store, queue = JobStore(database), WorkQueue(database)
    store.add(new_job(1))
    urgent = store.add(new_job(2, priority=5)).id
    assert [claimed(queue).job_id for _ in range(2)] == [urgent, urgent]


def test_a_lease_that_ran_out_is_handed_out_again_and_its_owner_can_do_no_harm(database: Database) -> None:
    store = JobStore(database)
    job_id = store.add(new_job(1)).id
    slow, quick = WorkQueue(database, -1.0, "slow"), WorkQueue(database, 60.0, "quick")
    lost = claimed(slow)
    taken = claimed(quick)
    assert (taken.job_id, taken.number) == (lost.job_id, lost.number)
    assert slow.renew([(job_id, 0)], []) == {(job_id, 0)}
    assert not slow.complete(lost, DONE)
    assert quick.complete(taken, DONE)


def test_a_heartbeat_keeps_a_lease(database: Database) -> None:
    store = JobStore(database)
    job_id = store.add(new_job(1)).id
    queue, other = WorkQueue(database, 0.3), WorkQueue(database)
    claimed(queue)
    for _ in range(4):
        time.sleep(0.1)
        assert queue.renew([(job_id, 0)], []) == set()
        assert other.claim_chunk() is None


def test_a_cancelled_job_takes_its_leases_back(database: Database) -> None:
    store, queue = JobStore(database), WorkQueue(database)
    job_id = store.add(new_job(1)).id
    claimed(queue)
    store.move(job_id, "cancelled")
    assert queue.renew([(job_id, 0)], []) == {(job_id, 0)}


def test_assembly_comes_when_all_is_done_and_is_taken_over_from_the_dead(database: Database) -> None:
    store, queue = JobStore(database), WorkQueue(database, 60.0, "dead")
    job_id = store.add(new_job(2)).id
    chunks = [claimed(queue), claimed(queue)]
    queue.complete(chunks[0], DONE)
    assert queue.claim_assembly() is None
    queue.complete(chunks[1], DONE)
    assert queue.claim_assembly() == job_id
    other = WorkQueue(database, 60.0, "alive")
    assert other.claim_assembly() is None
    other.release_dead(lambda owner: owner == "dead")
    assert other.claim_assembly() == job_id
    assert queue.renew([], [job_id]) == {job_id}


def test_a_paused_job_finishes_what_is_in_hand_and_gets_nothing_new(database: Database) -> None:
    store, queue = JobStore(database), WorkQueue(database)
    job_id = store.add(new_job(2)).id
    chunk = claimed(queue)
    store.move(job_id, "paused")
    assert queue.complete(chunk, DONE)
    assert queue.claim_chunk() is None
    store.resume(job_id)
    assert claimed(queue).number == 1


def test_a_chunk_that_takes_every_worker_down_fails_its_job(database: Database) -> None:
    store = JobStore(database)
    job_id = store.add(new_job(1)).id
    queue = WorkQueue(database, -1.0)
    for _ in range(MOST_ATTEMPTS):
        claimed(queue)
    assert queue.claim_chunk() is None
    job = store.get(job_id)
    assert (job.state, job.reason) == ("failed", "crashes")
    assert job.message is not None and "Chunk 1" in job.message


def test_a_failed_chunk_fails_its_job_and_a_resume_tries_it_again(database: Database) -> None:
    store, queue = JobStore(database), WorkQueue(database)
    job_id = store.add(new_job(1)).id
    queue.fail_chunk(claimed(queue), "It could not be said.")
    assert (store.get(job_id).state, store.get(job_id).message) == ("failed", "It could not be said.")
    store.resume(job_id)
    assert claimed(queue).number == 0


def test_a_chunk_made_anew_while_it_was_worked_on_takes_no_old_audio(database: Database) -> None:
    store, queue = JobStore(database), WorkQueue(database)
    job_id = store.add(new_job(1)).id
    old = claimed(queue)
    store.redo(job_id, 0, NewChunk(0, replace(old.chunk, text="Other"), 8, "other"))
    assert not queue.complete(old, DONE)
    assert claimed(queue).chunk.text == "Other"


def test_redo_needs_an_existing_chunk_of_a_job_that_can_go_on(database: Database) -> None:
    store = JobStore(database)
    job_id = store.add(new_job(1)).id
    chunk = new_job(1).chunks[0]
    with pytest.raises(ResourceNotFoundError):
        store.redo(job_id, 1, chunk)
    store.move(job_id, "cancelled")
    with pytest.raises(ConflictError):
        store.redo(job_id, 0, chunk)


def test_the_same_key_stores_one_job(database: Database) -> None:
    store = JobStore(database)
    job = new_job(key="abc")
    assert store.add(job).id == store.add(job).id
    with pytest.raises(ConflictError):
        store.add(replace(job, request='{"other": 1}'))
    assert store.page(None, 1, 10)[1] == 1


def test_deleting_gives_back_only_audio_that_no_other_job_uses(database: Database) -> None:
    store = JobStore(database)
    kept, gone = store.add(new_job(2)).id, store.add(new_job(3)).id
    with pytest.raises(ConflictError):
        store.delete(gone)
    store.move(gone, "cancelled")
    assert store.delete(gone) == ["Words2"]
    assert store.chunks(gone) == [] and events_after(database, gone, 0, 10) == []
    assert len(store.chunks(kept)) == 2
    with pytest.raises(ResourceNotFoundError):
        store.get(gone)


def test_events_follow_each_other_and_can_be_read_from_any_on(database: Database) -> None:
    store, queue = JobStore(database), WorkQueue(database)
    job_id = store.add(new_job(1)).id
    queue.complete(claimed(queue), DONE)
    found = events_after(database, job_id, 0, 10)
    assert [event.kind for event in found] == ["state", "state", "chunk"]
    assert found[-1].data == {"chunk": 0, "audio_seconds": 1.5, "reused": False, "passed": True}
    assert events_after(database, job_id, found[0].id, 10) == found[1:]


def test_progress_counts_characters_and_foresees_the_end(database: Database) -> None:
    store, queue = JobStore(database), WorkQueue(database)
    job_id = store.add(new_job(4)).id
    assert store.progress(job_id).eta_seconds is None
    for _ in range(2):
        queue.complete(claimed(queue), DONE)
        time.sleep(0.02)
    progress = store.progress(job_id)
    assert (progress.total, progress.done, progress.audio_seconds) == (4, 2, 3.0)
    assert progress.characters_done * 2 == progress.characters
    assert progress.eta_seconds is not None and 0 < progress.eta_seconds < 5


def test_a_database_of_a_newer_version_is_refused(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("UPDATE schema_version SET version = version + 1"))
    url = database._engine.url.render_as_string(hide_password=False)
    try:
        with pytest.raises(ConfigurationError, match="version"):
            Database(url)
    finally:
        with database.transaction() as connection:
            connection.execute(text("UPDATE schema_version SET version = version - 1"))


def test_every_commit_reaches_the_disk(tmp_path_factory: pytest.TempPathFactory) -> None:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'jobs.sqlite'}")
    with database.transaction() as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
    database.close()
