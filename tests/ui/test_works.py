"""Works of the page: statuses in order, one ending, followed again after a reload, stopped when nobody looks."""

import threading
import time
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from api_models import TTSRequest
from core.results import SpeechResult
from core_engine import CoreEngine
from exceptions import DeadlineExceededError, GenerationError
from speech.cancel import CancelToken
from speech.engines.protocol import TakeRequest
from speech.engines.tone import ToneFaults
from speech.progress import Observer
from speech.samples import Samples
from tests.conftest import CoreMaker
from tests.support.tones import decode
from ui.works import Work, Works

THREE_CHUNKS = "First of all.\n\nThe second paragraph is longer than the first.\n\nThird."


def work(core: CoreEngine, *texts: str, **fields: object) -> Work[SpeechResult]:
    requests = [
        TTSRequest.model_validate({"text": text, "export_formats": ["wav"], **fields})
        for text in texts or (THREE_CHUNKS,)
    ]
    parts = [lambda observer, cancel, item=item: core.tts(item, observer, cancel) for item in requests]
    return Work(parts, core.settings.server.request_timeout_seconds)


@pytest.fixture(autouse=True)
def no_worker_is_left() -> Iterator[None]:
    yield
    for thread in threading.enumerate():
        if thread.name.startswith("page-request"):
            thread.join(10)
            assert not thread.is_alive()


def test_statuses_count_up_and_the_result_is_there_at_the_last(make_core: CoreMaker) -> None:
    running = work(make_core(ToneFaults(delay=0.05)))
    statuses = list(running.follow())

    assert [status.done for status in statuses] == sorted(status.done for status in statuses)
    assert [status.share for status in statuses] == sorted(status.share for status in statuses)
    assert {status.total for status in statuses} <= {0, 3}
    *before, last = statuses
    assert not any(status.ended for status in before)
    assert last.ended and last.error is None and last.share == 1.0
    [result] = running.results
    assert last.audio_seconds == pytest.approx(result.audio_seconds, abs=0.01)
    assert result.files[0].path.is_file()


def test_several_results_count_as_one_work(make_core: CoreMaker) -> None:
    *_, last = work(make_core(), num_generations=2).follow()

    assert (last.done, last.total) == (6, 6)


def test_several_texts_are_spoken_one_after_another(make_core: CoreMaker) -> None:
    running = work(make_core(), "One.", "Two.")
    *_, last = running.follow()

    assert (last.part, last.parts) == (2, 2)
    assert [result.quality.chunks[0].text for result in running.results] == ["One.", "Two."]


def test_share_follows_the_length_of_the_chunks(make_core: CoreMaker) -> None:
    running = work(make_core(ToneFaults(delay=0.1)), "Short.\n\n" + "A much longer paragraph. " * 4)

    after_first = next(status for status in running.follow() if status.done == 1)
    assert 0 < after_first.share < 0.1
    running.stop()


def test_an_estimate_appears_with_the_first_finished_chunk(make_core: CoreMaker) -> None:
    statuses = list(work(make_core(ToneFaults(delay=0.05))).follow())

    assert all(status.remaining is None for status in statuses if status.done == 0)
    guesses = [status.remaining for status in statuses if status.done]
    assert all(guess is not None and guess >= 0 for guess in guesses)
    assert guesses[-1] == pytest.approx(0.0)


def test_a_slow_chunk_still_gives_signs_of_life(make_core: CoreMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.works.STEP_SECONDS", 0.05)

    statuses = list(work(make_core(ToneFaults(delay=0.4)), "One.").follow())

    assert sum(status.total == 1 and status.done == 0 for status in statuses) >= 3


def test_a_work_that_nobody_looks_at_is_stopped(make_core: CoreMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.works.GRACE_SECONDS", 0.05)
    core = make_core(ToneFaults("hang", takes=-1))
    running = work(core)
    looking = running.follow()
    next(looking)

    looking.close()  # type: ignore[attr-defined]
    time.sleep(0.3)
    *_, last = running.follow()

    assert last.error is not None and last.error.code == "CANCELLED"
    assert core.active_requests == 0
    assert not list(core.settings.paths.output_dir.rglob("*.*"))


def test_a_work_is_found_and_followed_again_in_time(make_core: CoreMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.works.GRACE_SECONDS", 0.2)
    core = make_core(ToneFaults(delay=0.3))
    works: Works[SpeechResult] = Works()
    request = TTSRequest(text=THREE_CHUNKS, export_formats=["wav"])
    looking = works.start("key", [lambda observer, cancel: core.tts(request, observer, cancel)], 60).follow()
    next(looking)
    looking.close()  # type: ignore[attr-defined]

    found = works.find("key")
    assert found is not None and works.find("another key") is None
    *_, last = found.follow()

    assert last.error is None and len(found.results) == 1
    assert works.find("key") is found


def until_stopped(_: Observer, cancel: CancelToken) -> int:
    while True:
        cancel.raise_if_stopped()
        time.sleep(0.01)


def test_a_new_work_of_the_same_tab_stops_the_earlier_one() -> None:
    works: Works[int] = Works()
    first = works.start("key", [until_stopped], 60)
    second = works.start("key", [lambda observer, cancel: 3], 60)

    *_, earlier = first.follow()
    *_, later = second.follow()

    assert earlier.error is not None and earlier.error.code == "CANCELLED"
    assert later.error is None and second.results == [3]


def test_what_is_spoken_can_be_heard_before_the_end(make_core: CoreMaker) -> None:
    core = make_core(ToneFaults(delay=0.1))
    running = work(core)
    rate = core.engine.capabilities.sample_rate
    pieces = [running.heard(rate, 0.0 if status.ended else 0.5) for status in running.follow()]

    assert len([piece for piece in pieces if piece is not None]) >= 2
    whole = np.concatenate([piece for piece in pieces if piece is not None])
    assert np.allclose(whole, decode(running.results[0].files[0].path)[0], atol=2e-4)
    assert running.heard(rate, 0.0) is None


def test_an_old_work_is_forgotten(make_core: CoreMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.works.KEEP_SECONDS", 0.0)
    works: Works[int] = Works()
    list(works.start("key", [lambda observer, cancel: 3], 60).follow())

    assert works.find("key") is None


def test_the_next_request_works_after_a_stopped_one(make_core: CoreMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    core = make_core(ToneFaults("hang", takes=1))
    entered = threading.Event()
    generate = core.engine.generate

    def noting(batch: Sequence[TakeRequest], cancel: CancelToken) -> list[Samples]:
        entered.set()
        return generate(batch, cancel)

    monkeypatch.setattr(core.engine, "generate", noting)
    running = work(core)
    assert entered.wait(10)
    running.stop()
    *_, stopped = running.follow()
    assert stopped.stopping and stopped.error is not None

    *_, last = work(core, "Hello.").follow()

    assert last.error is None


def test_a_failure_is_the_last_status(make_core: CoreMaker) -> None:
    running = work(make_core(ToneFaults("raise", takes=-1)), on_failure="fail")
    *_, last = running.follow()

    assert isinstance(last.error, GenerationError) and not running.results


def test_the_time_limit_of_the_service_holds_here(make_core: CoreMaker) -> None:
    core = make_core(ToneFaults("hang", takes=-1), server={"request_timeout_seconds": 0.2})

    *_, last = work(core).follow()

    assert isinstance(last.error, DeadlineExceededError)


def test_an_unforeseen_failure_is_logged_and_told_without_details(caplog: pytest.LogCaptureFixture) -> None:
    def broken(*_: object) -> int:
        raise RuntimeError("secret detail")

    (last,) = [status for status in Work([broken], 60).follow() if status.ended]

    assert last.error is not None
    assert "secret" not in last.error.message
    assert "secret detail" in caplog.text
