"""Whatever joins and leaves, and whenever: every request gets its own tokens, and nothing is left behind."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.chatterbox import needs_chatterbox
from tests.support.t3_models import Kind, make_decoder, make_request, make_t3, run

needs_chatterbox()

KINDS: list[Kind] = ["english", "multilingual", "turbo"]
REQUESTS, ROWS = 6, 5


class Alone:
    """A model and what each of some requests gets when nothing runs beside it."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.t3 = make_t3(kind)
        self.requests = [
            make_request(kind, number, max_tokens=6 + 2 * number, cfg_weight=0.5 * (number % 3))
            for number in range(REQUESTS)
        ]
        decoder = make_decoder(self.t3)
        self.tokens = [run(decoder, request)[0] for request in self.requests]


@pytest.fixture(scope="module", params=KINDS)
def alone(request: pytest.FixtureRequest) -> Any:
    return Alone(request.param)


# A number joins that request if it fits, "step" steps, ("leave", n) cancels the n-th of those that run.
moves = st.lists(
    st.one_of(st.integers(0, REQUESTS - 1), st.just("step"), st.tuples(st.just("leave"), st.integers(0, ROWS))),
    max_size=40,
)


@settings(max_examples=25, deadline=None)
@given(schedule=moves, padded=st.booleans(), kept=st.sampled_from([0, 10**8]))
def test_any_schedule(alone: Alone, schedule: list[Any], padded: bool, kept: int) -> None:
    decoder = make_decoder(alone.t3, rows=ROWS, positions=128, graphs=padded, prefix_cache_bytes=kept)
    joined: list[tuple[int, Any]] = []
    for move in schedule:
        if move == "step":
            before = list(decoder.running)
            ended = decoder.step()
            assert [sequence for sequence in before if sequence.finished] == ended
        elif isinstance(move, int):
            if decoder.fits(alone.requests[move]):
                joined.append((move, decoder.join(alone.requests[move])))
        elif decoder.running:
            decoder.leave(decoder.running[move[1] % len(decoder.running)])
        held = [row for sequence in decoder.running for row in sequence.rows]
        assert len(set(held)) == len(held) == ROWS - decoder.free_rows
    while decoder.running:
        decoder.step()
    assert decoder.free_rows == ROWS
    for number, sequence in joined:
        expected = alone.tokens[number]
        assert sequence.tokens == (expected[: len(sequence.tokens)] if sequence.reason == "left" else expected)


def living_tensors() -> tuple[int, int]:
    """How many tensors there are, and their bytes."""
    import torch

    gc.collect()
    tensors = [each for each in gc.get_objects() if issubclass(type(each), torch.Tensor)]
    return len(tensors), sum(each.numel() * each.element_size() for each in tensors)


def test_many_requests_leave_nothing_behind(alone: Alone) -> None:
    decoder = make_decoder(alone.t3, positions=128, prefix_cache_bytes=10**6)
    requests = [
        make_request("english", number, max_tokens=1 + number % 2, text_tokens=alone.requests[0].text_tokens)
        for number in range(20)
    ]

    def serve(count: int) -> None:
        for number in range(count):
            sequence = decoder.join(requests[number % 20])
            decoder.step()
            if number % 5 == 0:
                decoder.leave(sequence)
        while decoder.running:
            decoder.step()

    serve(40)
    before = living_tensors()
    serve(1000 if alone.kind == "english" else 60)
    assert living_tensors() == before
    assert not any(module._forward_hooks for module in alone.t3.modules())
