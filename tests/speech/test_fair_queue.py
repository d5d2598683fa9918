import gc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.fair_queue import BACKGROUND, BACKGROUND_COST, INTERACTIVE, FairQueue


class Party:
    """A token that can be held weakly."""


def test_parties_take_turns_however_much_each_has_queued() -> None:
    queue: FairQueue[str] = FairQueue()
    book, short = Party(), Party()
    for number in range(4):
        queue.push(f"book {number}", book)
    for number in range(2):
        queue.push(f"short {number}", short)
    assert [queue.pop() for _ in range(6)] == ["book 0", "short 0", "book 1", "short 1", "book 2", "book 3"]


def test_a_newcomer_is_served_after_the_item_in_service() -> None:
    queue: FairQueue[str] = FairQueue()
    book = Party()
    for number in range(50):
        queue.push(f"book {number}", book)
    for number in range(20):
        assert queue.pop() == f"book {number}"
    queue.push("short", Party())
    assert queue.pop() == "short"


@pytest.mark.parametrize("at_once", [1, 3])
def test_background_work_yields_but_gets_its_share_beside_endless_newcomers(at_once: int) -> None:
    queue: FairQueue[str] = FairQueue()
    for _ in range(3):
        queue.push("job", Party(), BACKGROUND)
    for _ in range(at_once):
        queue.push("short", Party())
    served = []
    while served.count("job") < 3:
        served.append(queue.pop())
        if served[-1] == "short":
            queue.push("short", Party())
    places = [place for place, item in enumerate(served) if item == "job"]
    assert places[0] > 0
    assert max(b - a for a, b in pairwise(places)) <= (BACKGROUND_COST + 1) * at_once + 1


def test_many_jobs_together_delay_a_newcomer_by_one_item_at_most() -> None:
    queue: FairQueue[str] = FairQueue()
    for _ in range(50):
        queue.push("job", Party(), BACKGROUND)
    for _ in range(10):
        queue.push("short", Party())
        assert "short" in (queue.pop(), queue.pop())


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from([INTERACTIVE, BACKGROUND])), max_size=60))
def test_everything_comes_out_once_and_each_partys_items_in_their_order(pushes: list[tuple[int, int]]) -> None:
    queue: FairQueue[tuple[int, int, int]] = FairQueue()
    parties = [Party() for _ in range(5)]
    items = [(party, priority, number) for number, (party, priority) in enumerate(pushes)]
    for item in items:
        queue.push(item, parties[item[0]], item[1])
    served = [queue.pop() for _ in range(len(queue))]
    assert sorted(served) == sorted(items)
    for party in range(5):
        for priority in (INTERACTIVE, BACKGROUND):
            own = [item[2] for item in served if item[:2] == (party, priority)]
            assert own == sorted(own)


def test_a_party_that_is_gone_is_forgotten() -> None:
    queue: FairQueue[str] = FairQueue()
    for _ in range(100):
        queue.push("item", Party())
        queue.pop()
    gc.collect()
    assert len(queue._shares) == 0
