import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from exceptions import CancelledError, DeviceLostError, GenerationError, ModelLoadError, NotReadyError, QueueFullError
from speech.cancel import CancelToken
from speech.engines.protocol import TakeRequest
from speech.engines.tone import ToneEngine, ToneFaults
from speech.lane import BACKGROUND, Lane
from speech.samples import Samples
from tests.support.faults import FaultEngine


def request(text: str = "hello", voice: str = "tone-a") -> TakeRequest:
    return TakeRequest(text, voice, "en-US", 1)


class RecordingEngine(ToneEngine):
    """Notes what it was given, waits at a gate, may break in a way no engine should."""

    def __init__(self, max_batch: int = 1) -> None:
        super().__init__(max_batch=max_batch)
        self.batches: list[list[str]] = []
        self.threads: set[int] = set()
        self.gate = threading.Event()
        self.gate.set()

    def generate(self, batch: object, cancel: CancelToken) -> list[Samples]:
        assert isinstance(batch, list)
        self.threads.add(threading.get_ident())
        self.batches.append([item.text for item in batch])
        self.gate.wait(10)
        if any(item.text == "break" for item in batch):
            raise ZeroDivisionError("a bug in a plug-in")
        return super().generate(batch, cancel)


@pytest.fixture
def engine() -> RecordingEngine:
    return RecordingEngine()


@pytest.fixture
def lane(engine: RecordingEngine) -> Iterator[Lane]:
    lane = Lane(engine, depth=8)
    yield lane
    engine.gate.set()
    lane.close()


def block(lane: Lane, engine: RecordingEngine) -> object:
    """Keep the lane busy with one ticket until the gate opens."""
    engine.gate.clear()
    future = lane.submit(request("blocker"), CancelToken())
    while not engine.batches:
        time.sleep(0.001)
    return future


def test_speaks_and_measures(lane: Lane) -> None:
    take = lane.submit(request(), CancelToken()).result(5)
    assert np.abs(take.samples).max() > 0.3
    assert take.seconds > 0


def test_an_idle_engine_is_unloaded_and_loaded_again() -> None:
    engine = RecordingEngine()
    lane = Lane(engine, idle_seconds=0.05)
    lane.submit(request(), CancelToken()).result(5)
    deadline = time.monotonic() + 5
    while lane.loaded and time.monotonic() < deadline:
        time.sleep(0.01)

    assert not lane.loaded
    assert lane.submit(request(), CancelToken()).result(5).samples.size
    assert lane.loaded and engine.loads == 2
    lane.close()


def test_all_model_calls_come_from_one_thread(lane: Lane, engine: RecordingEngine) -> None:
    futures = [lane.submit(request(f"text {number}"), CancelToken()) for number in range(6)]
    for future in futures:
        future.result(5)
    assert len(engine.threads) == 1
    assert threading.get_ident() not in engine.threads


def test_interactive_goes_before_background_and_else_first_come(lane: Lane, engine: RecordingEngine) -> None:
    block(lane, engine)
    last = lane.submit(request("book"), CancelToken(), BACKGROUND)
    lane.submit(request("first"), CancelToken())
    lane.submit(request("second"), CancelToken())
    engine.gate.set()
    last.result(5)
    assert engine.batches == [["blocker"], ["first"], ["second"], ["book"]]


def test_full_queue_refuses_at_once(lane: Lane, engine: RecordingEngine) -> None:
    block(lane, engine)
    for number in range(8):
        lane.submit(request(str(number)), CancelToken())
    with pytest.raises(QueueFullError) as caught:
        lane.submit(request("one too many"), CancelToken())
    assert caught.value.retry_after is not None
    assert lane.waiting == 8


def test_waiting_chunks_share_a_batch() -> None:
    engine = RecordingEngine(max_batch=4)
    lane = Lane(engine, depth=16)
    try:
        block(lane, engine)
        futures = [lane.submit(request(str(number)), CancelToken()) for number in range(6)]
        engine.gate.set()
        for number, future in enumerate(futures):
            expected = ToneEngine().generate([request(str(number))], CancelToken())[0]
            assert np.array_equal(future.result(5).samples, expected)
        assert [len(batch) for batch in engine.batches] == [1, 4, 2]
    finally:
        lane.close()


def test_engine_bug_reaches_the_caller_and_the_lane_goes_on(lane: Lane) -> None:
    with pytest.raises(GenerationError) as caught:
        lane.submit(request("break"), CancelToken()).result(5)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert len(lane.submit(request("next"), CancelToken()).result(5).samples) > 0


def test_cancelled_ticket_is_never_generated(lane: Lane, engine: RecordingEngine) -> None:
    block(lane, engine)
    token = CancelToken()
    unwanted = lane.submit(request("unwanted"), token)
    wanted = lane.submit(request("wanted"), CancelToken())
    token.cancel()
    engine.gate.set()
    wanted.result(5)
    with pytest.raises(CancelledError):
        unwanted.result(5)
    assert ["unwanted"] not in engine.batches


def test_running_chunk_stops_between_steps() -> None:
    lane = Lane(ToneEngine(ToneFaults(delay=60)))
    token = CancelToken()
    future = lane.submit(request(), token)
    try:
        while lane.waiting:
            time.sleep(0.001)
        token.cancel()
        with pytest.raises(CancelledError):
            future.result(2)
    finally:
        lane.close()


def test_a_batch_of_one_caller_stops_with_it() -> None:
    engine = ToneEngine(ToneFaults(delay=0.3), max_batch=4)
    lane = Lane(engine)
    token = CancelToken()
    try:
        futures = [lane.submit(request(str(number)), token) for number in range(5)]
        futures[0].result(5)
        token.cancel()
        started = time.monotonic()
        with pytest.raises(CancelledError):
            futures[4].result(5)
        assert time.monotonic() - started < 0.3
    finally:
        lane.close()


def test_loads_once_for_many_callers(lane: Lane, engine: RecordingEngine) -> None:
    loads = [lane.load() for _ in range(20)]
    takes = [lane.submit(request(), CancelToken()) for _ in range(5)]
    for load in loads:
        load.result(5)
    for take in takes:
        take.result(5)
    assert engine.loads == 1


def test_closing_fails_what_waits_and_refuses_more(engine: RecordingEngine) -> None:
    lane = Lane(engine)
    block(lane, engine)
    waiting = lane.submit(request("waiting"), CancelToken())
    closer = threading.Thread(target=lane.close)
    closer.start()
    with pytest.raises(NotReadyError):
        waiting.result(5)
    engine.gate.set()
    closer.join(5)
    with pytest.raises(NotReadyError):
        lane.submit(request(), CancelToken())


@pytest.mark.parametrize(
    ("error", "told", "lost"),
    [
        (ZeroDivisionError("a bug in a plug-in"), ModelLoadError, False),
        (DeviceLostError("The device does not answer."), DeviceLostError, True),
    ],
)
def test_an_engine_that_breaks_while_it_is_loaded_tells_so(
    monkeypatch: pytest.MonkeyPatch, error: Exception, told: type[Exception], lost: bool
) -> None:
    def load(*_arguments: object) -> None:
        raise error

    engine = ToneEngine()
    lane = Lane(engine)
    with monkeypatch.context() as broken:
        broken.setattr(engine, "load", load)
        with pytest.raises(told):
            lane.load().result(5)
    assert bool(lane.lost) is lost
    if not lost:
        lane.load().result(5)
    lane.close()


def test_closing_fails_the_orders_that_wait(engine: RecordingEngine) -> None:
    lane = Lane(engine)
    block(lane, engine)
    orders = [lane.load(), lane.unload()]
    closer = threading.Thread(target=lane.close)
    closer.start()
    for order in orders:
        with pytest.raises(NotReadyError):
            order.result(5)
    engine.gate.set()
    closer.join(5)


def test_a_load_that_hangs_is_given_up_when_the_lane_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, gate = ToneEngine(), threading.Event()
    monkeypatch.setattr(engine, "load", lambda _report=None: gate.wait(10))
    lane = Lane(engine)
    order = lane.load()
    lane.close(timeout=0.05)
    with pytest.raises(NotReadyError):
        order.result(0)
    gate.set()
    lane.close()


def test_losing_the_lane_fails_the_orders_that_wait() -> None:
    engine = FaultEngine("hang for good")
    lane = Lane(engine, call_seconds=0.2)
    stuck = lane.submit(request(), CancelToken())
    while not engine.batches:
        time.sleep(0.001)
    orders = [lane.load(), lane.unload()]
    for future in (stuck, *orders):
        with pytest.raises(DeviceLostError):
            future.result(5)
    engine.released.set()
    lane.close()


def test_an_order_that_breaks_the_device_fails_those_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, gate = ToneEngine(), threading.Event()

    def load(*_arguments: object) -> None:
        gate.wait(5)
        raise DeviceLostError("The device does not answer.")

    monkeypatch.setattr(engine, "load", load)
    lane = Lane(engine)
    orders = [lane.load() for _ in range(3)]
    gate.set()
    for order in orders:
        with pytest.raises(DeviceLostError):
            order.result(5)
    lane.close()


def test_an_unload_that_nobody_waits_for_any_more_is_left(lane: Lane, engine: RecordingEngine) -> None:
    block(lane, engine)
    order = lane.unload()
    assert order.cancel()
    engine.gate.set()
    lane.submit(request("next"), CancelToken()).result(5)
    assert lane.loaded
