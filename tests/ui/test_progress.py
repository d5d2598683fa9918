"""The generator behind Generate: statuses in order, one ending, and an end of the work when it is closed."""

import threading
from collections.abc import Sequence

import pytest

from api_models import TTSRequest
from core.text_requests import NamedRequest
from core_engine import CoreEngine
from exceptions import DeadlineExceededError, GenerationError
from speech.cancel import CancelToken
from speech.engines.protocol import TakeRequest
from speech.engines.tone import ToneFaults
from speech.samples import Samples
from tests.conftest import CoreMaker
from ui.progress import speak_with_progress

THREE_CHUNKS = "First of all.\n\nThe second paragraph is longer than the first.\n\nThird."


def request(text: str = THREE_CHUNKS, **fields: object) -> NamedRequest:
    return NamedRequest("tts", TTSRequest.model_validate({"text": text, "export_formats": ["wav"], **fields}))


def wait_for_workers() -> None:
    for thread in threading.enumerate():
        if thread.name.startswith("page-request"):
            thread.join(10)
            assert not thread.is_alive()


def test_statuses_count_up_and_the_last_one_has_the_result(make_core: CoreMaker) -> None:
    statuses = list(speak_with_progress(make_core(), request()))

    assert [status.done for status in statuses] == sorted(status.done for status in statuses)
    assert [status.share for status in statuses] == sorted(status.share for status in statuses)
    assert {status.total for status in statuses} == {3}
    assert {0, 1, 2, 3} == {status.done for status in statuses}
    *running, last = statuses
    assert all(status.result is None and status.error is None for status in running)
    assert last.result is not None
    assert last.share == 1.0
    assert last.audio_seconds == pytest.approx(last.result.audio_seconds, abs=0.01)
    assert last.result.files[0].path.is_file()


def test_several_results_count_as_one_work(make_core: CoreMaker) -> None:
    statuses = list(speak_with_progress(make_core(), request(num_generations=2)))

    assert {status.total for status in statuses} == {6}
    assert [status.done for status in statuses] == sorted(status.done for status in statuses)
    assert statuses[-1].done == 6


def test_steps_on_the_whole_are_told(make_core: CoreMaker) -> None:
    statuses = list(speak_with_progress(make_core(), request(normalize_audio=True)))

    assert any(status.finishing for status in statuses)


def test_share_follows_the_length_of_the_chunks(make_core: CoreMaker) -> None:
    statuses = list(speak_with_progress(make_core(), request("Short.\n\n" + "A much longer paragraph. " * 4)))

    after_first = next(status for status in statuses if status.done == 1)
    assert 0 < after_first.share < 0.1


def test_an_estimate_appears_with_the_first_finished_chunk(make_core: CoreMaker) -> None:
    core = make_core(ToneFaults(delay=0.05))
    statuses = list(speak_with_progress(core, request()))

    assert all(status.remaining is None for status in statuses if status.done == 0)
    guesses = [status.remaining for status in statuses if status.done]
    assert all(guess is not None and guess >= 0 for guess in guesses)
    assert guesses[-1] == pytest.approx(0.0)


def test_a_slow_chunk_still_gives_signs_of_life(make_core: CoreMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.progress.STEP_SECONDS", 0.05)
    core = make_core(ToneFaults(delay=0.4))

    statuses = list(speak_with_progress(core, request("One.")))

    assert sum(status.total == 1 and status.done == 0 for status in statuses) >= 3


def test_closing_the_generator_cancels_within_one_chunk(make_core: CoreMaker) -> None:
    core = make_core(ToneFaults("hang", takes=-1))
    running = speak_with_progress(core, request())
    assert next(running).total == 3
    assert core.active_requests == 1

    running.close()  # type: ignore[attr-defined]

    wait_for_workers()
    assert core.active_requests == 0
    assert not list(core.settings.paths.output_dir.rglob("*.*"))


def test_the_next_request_works_after_a_closed_one(make_core: CoreMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    core = make_core(ToneFaults("hang", takes=1))
    entered = threading.Event()
    generate = core.engine.generate

    def noting(batch: Sequence[TakeRequest], cancel: CancelToken) -> list[Samples]:
        entered.set()
        return generate(batch, cancel)

    monkeypatch.setattr(core.engine, "generate", noting)
    running = speak_with_progress(core, request())
    next(running)
    assert entered.wait(10)
    running.close()  # type: ignore[attr-defined]

    *_, last = speak_with_progress(core, request("Hello."))

    assert last.error is None
    assert last.result is not None


def test_a_failure_is_the_last_status(make_core: CoreMaker) -> None:
    core = make_core(ToneFaults("raise", takes=-1))

    *_, last = speak_with_progress(core, request(on_failure="fail"))

    assert last.result is None
    assert isinstance(last.error, GenerationError)


def test_the_time_limit_of_the_service_holds_here(make_core: CoreMaker) -> None:
    core = make_core(ToneFaults("hang", takes=-1), server={"request_timeout_seconds": 0.2})

    *_, last = speak_with_progress(core, request())

    assert isinstance(last.error, DeadlineExceededError)


def test_an_unforeseen_failure_is_logged_and_told_without_details(
    make_core: CoreMaker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    core: CoreEngine = make_core()
    monkeypatch.setattr(core, "tts", broken)

    (last,) = speak_with_progress(core, request())

    assert last.error is not None
    assert "secret" not in last.error.message
    assert "secret detail" in caplog.text
