import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exceptions import CancelledError, NotReadyError, QueueFullError
from speech.admission import NOTES_NEEDED, Admission, Work, foresee
from speech.cancel import CancelToken
from speech.progress import Admitted, ClipMeasured, Event, Joined, PieceConverted, Queued

NOTHING = Work("tts", 0.0)


@contextmanager
def visitor(admission: Admission, work: float = 0.0, told: Callable[[Event], None] = lambda _: None) -> Iterator[None]:
    """A request in a thread of its own that stays inside until the block ends."""
    leave, token = threading.Event(), CancelToken()

    def visit() -> None:
        with suppress(CancelledError), admission.enter(token, Work("tts", work), told):
            leave.wait(10)

    before = admission.present
    thread = threading.Thread(target=visit)
    thread.start()
    wait_until(lambda: admission.present > before)
    try:
        yield
    finally:
        leave.set()
        token.cancel()
        thread.join(10)


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def measured(admission: Admission, seconds: float) -> None:
    """Let the admission learn a pace of about `seconds` a character."""
    with admission.enter(CancelToken(), Work("tts", 1.0)) as place:
        for _ in range(NOTES_NEEDED):
            time.sleep(seconds * 10)
            admission.note(place, 10)


def test_those_who_wait_enter_in_their_order_and_are_told_their_position() -> None:
    admission = Admission(1, 3)
    order: list[int] = []
    told: list[tuple[int, int]] = []

    def wait(number: int) -> None:
        def observe(event: Event) -> None:
            if isinstance(event, Queued):
                told.append((number, event.position))
            else:
                assert isinstance(event, Admitted) and event.waited_seconds > 0

        with admission.enter(CancelToken(), NOTHING, observe):
            order.append(number)

    threads = []
    with visitor(admission):
        for number in range(3):
            threads.append(threading.Thread(target=wait, args=(number,)))
            threads[-1].start()
            wait_until(lambda number=number: (number, number + 1) in told)  # type: ignore[misc]
    for thread in threads:
        thread.join(5)
    assert order == [0, 1, 2]
    assert [position for number, position in told if number == 0] == [1]
    assert admission.present == 0


def test_a_full_house_refuses_at_once_with_the_time_until_a_place_is_free() -> None:
    admission = Admission(1, 1)
    measured(admission, 0.002)
    with visitor(admission, work=5_000), visitor(admission):
        with pytest.raises(QueueFullError) as caught:
            admission.refuse_if_full()
        with pytest.raises(QueueFullError), admission.enter(CancelToken(), NOTHING):
            pass
    assert caught.value.retry_after is not None and 10 <= caught.value.retry_after < 60


def test_without_a_measured_pace_retry_after_is_a_guess_and_nothing_is_late() -> None:
    admission = Admission(1, 1)
    with visitor(admission, work=1e9), visitor(admission), pytest.raises(QueueFullError) as caught:
        admission.refuse_if_full()
    assert caught.value.retry_after == 5
    with admission.enter(CancelToken(time.monotonic() + 1), Work("tts", 1e9)):
        pass


def test_estimates_reach_the_one_who_waits() -> None:
    admission = Admission(1, 1)
    measured(admission, 0.002)
    told: list[Event] = []
    with visitor(admission, work=1_000), visitor(admission, 500, told.append):
        wait_until(lambda: bool(told))
    [queued] = told
    assert isinstance(queued, Queued) and queued.start_seconds is not None and queued.finish_seconds is not None
    assert 2 <= queued.start_seconds < 10
    assert queued.finish_seconds == pytest.approx(queued.start_seconds * 1.5, rel=0.01)


def test_who_gives_up_while_waiting_leaves_the_queue() -> None:
    admission = Admission(1, 1)
    token = CancelToken()
    with visitor(admission):
        threading.Timer(0.05, token.cancel).start()
        with pytest.raises(CancelledError), admission.enter(token, NOTHING):
            pass
        assert admission.present == 1


def test_cancelling_all_reaches_those_inside_and_those_who_wait() -> None:
    admission = Admission(1, 1)
    token = CancelToken()
    with admission.enter(token, NOTHING):
        admission.cancel_all(NotReadyError("The service is stopping."))
        with pytest.raises(NotReadyError):
            token.raise_if_stopped()


def test_a_late_request_is_refused_with_the_estimate_as_retry_after() -> None:
    admission = Admission(1, 5)
    measured(admission, 0.002)
    with (
        visitor(admission, work=5_000),
        pytest.raises(NotReadyError) as caught,
        admission.enter(CancelToken(time.monotonic() + 5), Work("tts", 100)),
    ):
        pass
    assert caught.value.retry_after is not None and caught.value.retry_after >= 10


def test_every_kind_of_work_has_its_own_pace() -> None:
    admission = Admission(1, 3)
    measured(admission, 0.001)
    told: list[Event] = []
    conversion, unknown = Work("vc", 20.0), Work("vc", None)
    with visitor(admission, work=1_000):
        with pytest.raises(NotReadyError), admission.enter(CancelToken(time.monotonic() + 0.5), Work("tts", 1)):
            pass
        token = CancelToken()
        threading.Timer(0.05, token.cancel).start()
        # Nobody knows yet how long a conversion takes, so it is not refused.
        with pytest.raises(CancelledError), admission.enter(token, conversion, told.append):
            pass
    assert told == [Queued(1, None, None)]
    with admission.enter(CancelToken(), conversion) as place:
        for number in range(NOTES_NEEDED):
            time.sleep(0.02)
            place.observe(PieceConverted(number, 2.0 * (number + 1), 20.0))
        assert place.remaining == 12.0
        with visitor(admission), visitor(admission), visitor(admission), pytest.raises(QueueFullError) as caught:
            admission.refuse_if_full()  # 12 s of recording at 0.01 s each
        assert caught.value.retry_after == 1
    with admission.enter(CancelToken(), unknown) as place:
        place.observe(PieceConverted(0, 2.0, None))
        assert place.remaining is None


def test_joining_counts_both_readings_of_its_recordings() -> None:
    admission = Admission(1, 0)
    with admission.enter(CancelToken(), Work("concat", 12.0)) as place:
        for event in (ClipMeasured(1, 2, 4.0), ClipMeasured(2, 2, 2.0)):
            place.observe(event)
        assert place.remaining == 6.0
        place.observe(Joined(1.0, 6.0))
        place.observe(Joined(6.0, 6.0))
        assert place.remaining == 0.0


def simulated(inside: list[int], ahead: list[int], own: int, places: int) -> tuple[int, int]:
    """The same by brute force: one unit for each present request in turn."""
    active = [[work, False] for work in inside]
    queue = [*([work, False] for work in ahead), [own, True]]
    clock, start = 0, -1
    while True:
        active = [item for item in active if item[0] > 0 or item[1]]
        while queue and len(active) < places:
            active.append(queue.pop(0))
            if active[-1][1]:
                start = clock
        active = [item for item in active if item[0] > 0 or item[1]]
        if any(mine and work <= 0 for work, mine in active):
            return start, clock
        for item in active:
            item[0] -= 1
            clock += 1


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine draws slowly
@given(
    st.lists(st.integers(1, 20), max_size=4), st.lists(st.integers(1, 20), max_size=4), st.integers(1, 20),
    st.integers(1, 4),
)  # fmt: skip
def test_the_forecast_equals_a_simulation(inside: list[int], ahead: list[int], own: int, places: int) -> None:
    inside = inside[:places]
    assert foresee(inside, ahead, own, places) == simulated(inside, ahead, own, places)
