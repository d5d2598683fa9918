"""Chunks of a stepwise engine join and leave between its steps."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from exceptions import CancelledError, GenerationError, NotReadyError
from speech.cancel import CancelToken
from speech.engines.protocol import Finished, StepwiseEngine, TakeRequest
from speech.engines.tone import ToneEngine
from speech.lane import BACKGROUND, Lane, Take


class SteppedTone(ToneEngine):
    """Speaks a chunk after as many steps as it has words; two places; waits at a gate before each step."""

    PLACES = 2

    def __init__(self) -> None:
        super().__init__(max_batch=4)
        self.running: dict[int, tuple[TakeRequest, int]] = {}
        self.begun: list[str] = []
        self.abandoned: list[int] = []
        self.unloads = 0
        self.most = 0
        self.gate = threading.Event()
        self.gate.set()

    def begin(self, request: TakeRequest) -> int | None:
        if request.text == "refuse":
            raise GenerationError("This text cannot be spoken.")
        if len(self.running) >= self.PLACES:
            return None
        number = len(self.begun)
        self.begun.append(request.text)
        self.running[number] = request, len(request.text.split())
        self.most = max(self.most, len(self.running))
        return number

    def advance(self) -> list[Finished]:
        self.gate.wait(10)
        done = []
        for number, (request, left) in list(self.running.items()):
            if request.text == "break":
                raise ZeroDivisionError("a bug in a plug-in")
            if left > 1:
                self.running[number] = request, left - 1
                continue
            del self.running[number]
            if request.text == "fail":
                done.append(Finished(number, error=GenerationError("It came out wrong.")))
            else:
                done.append(Finished(number, self.generate([request], CancelToken())[0]))
        return done

    def abandon(self, number: int) -> None:
        self.abandoned.append(number)
        del self.running[number]

    def unload(self) -> None:
        self.unloads += 1
        self.running.clear()


@pytest.fixture
def engine() -> SteppedTone:
    return SteppedTone()


@pytest.fixture
def lane(engine: SteppedTone) -> Iterator[Lane]:
    lane = Lane(engine, depth=16)
    yield lane
    engine.gate.set()
    lane.close()


def submit(lane: Lane, text: str, cancel: CancelToken | None = None, priority: int = 0) -> Future[Take]:
    return lane.submit(TakeRequest(text, "tone-a", "en-US", 1), cancel or CancelToken(), priority)


def held(lane: Lane, engine: SteppedTone, text: str, cancel: CancelToken | None = None) -> Future[Take]:
    """A chunk under way before a closed gate."""
    engine.gate.clear()
    future = submit(lane, text, cancel)
    wait_for(lambda: text in engine.begun)
    return future


def wait_for(condition: object) -> None:
    assert callable(condition)
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_the_engine_is_stepwise(engine: SteppedTone) -> None:
    assert isinstance(engine, StepwiseEngine)
    assert not isinstance(ToneEngine(), StepwiseEngine)


def test_a_chunk_joins_one_that_is_under_way_and_leaves_before_it(lane: Lane, engine: SteppedTone) -> None:
    book = held(lane, engine, "word " * 2_000)
    reply = submit(lane, "two words")
    engine.gate.set()

    take = reply.result(5)
    assert take.seconds > 0
    assert not book.done()
    assert book.result(30).samples.size > take.samples.size
    assert engine.most == 2


def test_without_room_a_chunk_waits_and_the_most_urgent_comes_first(lane: Lane, engine: SteppedTone) -> None:
    held(lane, engine, "one two three")
    submit(lane, "four five six")
    waits = submit(lane, "at the door")
    late = submit(lane, "book", priority=BACKGROUND)
    early = submit(lane, "reply")
    engine.gate.set()
    for future in (waits, late, early):
        future.result(5)

    assert engine.most == 2
    assert engine.begun.index("reply") < engine.begun.index("book")


def test_a_hang_up_frees_the_place_between_two_steps(lane: Lane, engine: SteppedTone) -> None:
    cancel = CancelToken()
    gone = held(lane, engine, "word " * 100_000, cancel)
    other = submit(lane, "other words")
    cancel.cancel()
    engine.gate.set()

    with pytest.raises(CancelledError):
        gone.result(5)
    assert other.result(5).samples.size
    wait_for(lambda: engine.abandoned == [0])
    assert not engine.running


def test_what_cannot_be_spoken_fails_alone(lane: Lane, engine: SteppedTone) -> None:
    good = held(lane, engine, "one two three")
    refused, failed = submit(lane, "refuse"), submit(lane, "fail")
    engine.gate.set()

    with pytest.raises(GenerationError, match="cannot be spoken"):
        refused.result(5)
    with pytest.raises(GenerationError, match="came out wrong"):
        failed.result(5)
    assert good.result(5).samples.size


def test_an_unforeseen_fault_fails_all_under_way_and_the_lane_goes_on(lane: Lane, engine: SteppedTone) -> None:
    neighbour = held(lane, engine, "one two three")
    broken = submit(lane, "break")
    engine.gate.set()

    for future in (neighbour, broken):
        with pytest.raises(GenerationError):
            future.result(5)
    assert engine.unloads == 1
    assert submit(lane, "again").result(5).samples.size


def test_closing_ends_what_is_under_way_and_refuses_the_rest(lane: Lane, engine: SteppedTone) -> None:
    engine.PLACES = 1
    running = held(lane, engine, "one two three")
    submit(lane, "at the door")
    waiting = submit(lane, "further back", priority=BACKGROUND)
    threading.Timer(0.05, engine.gate.set).start()
    lane.close()

    assert running.result(0).samples.size
    with pytest.raises(NotReadyError):
        waiting.result(0)
