"""The alignment guard decides as the package's own analyzer does, for alignments of every kind."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speech.engines.chatterbox.decoder.alignment import AlignmentGuard
from speech.engines.chatterbox.decoder.llama import ALIGNED_HEADS
from tests.support.chatterbox import needs_chatterbox
from tests.support.t3_models import import_upstream

needs_chatterbox()

STOP, VOCABULARY, START = 7, 9, 3


class Spied:
    """Stands for the transformer that upstream's analyzer hooks into."""

    def __init__(self) -> None:
        import torch

        layer = type("Layer", (), {})
        self.layers = [layer() for _ in range(14)]
        for each in self.layers:
            each.self_attn = torch.nn.Identity()


class Upstream:
    """Feeds the unmodified analyzer the attention of a step, in the shape that its hooks would leave."""

    def __init__(self, text_length: int) -> None:
        import_upstream()
        from chatterbox.models.t3.inference.alignment_stream_analyzer import AlignmentStreamAnalyzer

        self.text_end = START + text_length
        self.analyzer = AlignmentStreamAnalyzer(Spied(), None, (START, self.text_end), eos_idx=STOP)
        self.tokens = [6561]

    def step(self, logits: Any, weights: Any) -> Any:
        import torch

        first = len(self.tokens) == 1
        weights = torch.zeros(self.text_end + 2, self.text_end + 2) if first else weights[None]
        self.analyzer.last_aligned_attns = [weights] * len(ALIGNED_HEADS)
        return self.analyzer.step(logits.clone(), next_token=self.tokens[-1])


def alignment(path: list[int], text_length: int, keys: int, sharpness: float, seed: int) -> Any:
    """Weights (steps, keys) that look at the text positions of a path, with some noise."""
    import torch

    scores = torch.randn(len(path), keys, generator=torch.Generator().manual_seed(seed))
    for step, position in enumerate(path):
        scores[step, START + min(max(position, 0), text_length - 1)] += sharpness
    return torch.softmax(scores, dim=-1)


def walk(moves: list[int]) -> list[int]:
    path = [0]
    for move in moves:
        path.append(max(0, path[-1] + move))
    return path


requests = st.tuples(
    st.integers(6, 20),
    st.lists(st.sampled_from([0, 0, 1, 1, 1, 2, 6, 7, -1, -3, -4, -12]), min_size=30, max_size=30).map(walk),
    st.sampled_from([2.0, 6.0, 12.0]),
    st.lists(st.integers(0, 6), min_size=31, max_size=31),
)


def agree(text_length: int, path: list[int], sharpness: float, tokens: list[int], seed: int) -> list[str]:
    """Run both side by side; returns what was done to the stop token in each step."""
    import torch

    keys, device = START + 40 + text_length, torch.device("cpu")
    weights = alignment(path, text_length, keys, sharpness, seed)
    logits = torch.randn(len(path), 1, VOCABULARY, generator=torch.Generator().manual_seed(seed))
    upstream, guard, done = Upstream(text_length), AlignmentGuard(STOP, device), []
    for step, token in enumerate(tokens[: len(path)]):
        expected = upstream.step(logits[step], weights[step])
        if step == 0:
            ours = guard.add(logits[step], START, text_length)
        else:
            ours = guard.check(
                logits[step], weights[step : step + 1], [step > 1 and tokens[step - 1] == tokens[step - 2]]
            )
        assert torch.equal(ours, expected), step
        stop = float(ours[0, STOP])
        done.append("forced" if stop == 2**15 else "held" if stop == -(2**15) else "free")
        upstream.tokens.append(token)
    return done


@settings(max_examples=40, deadline=None)
@given(requests, st.integers(0, 1000))
def test_decides_as_upstream(request: tuple[int, list[int], float, list[int]], seed: int) -> None:
    agree(*request, seed)


VARIED = [step % 7 for step in range(40)]
ENDS: dict[str, list[int]] = {
    "stays on the last token": [*range(11), *[11] * 12],
    "returns to old text": [*range(12), *[1] * 12],
}


@pytest.mark.parametrize("end", ENDS)
def test_each_bad_end_forces_the_stop(end: str) -> None:
    done = agree(12, ENDS[end], 12.0, VARIED, 0)
    assert done[0] == "held"
    assert done[-1] == "forced"
    assert "forced" not in done[:12]


def test_a_token_twice_forces_the_stop() -> None:
    tokens = [1, 2, 3, 3, *VARIED]
    done = agree(20, list(range(20)), 12.0, tokens, 0)
    assert done.index("forced") == 4


def test_a_good_end_frees_the_stop() -> None:
    done = agree(12, list(range(12)), 12.0, VARIED, 0)
    assert done[:9] == ["held"] * 9
    assert done[9:] == ["free"] * 3


@pytest.mark.parametrize("text_length", [2, 3, 4, 5])
def test_short_texts_neither_fail_nor_hold_the_stop(text_length: int) -> None:
    import torch

    # Upstream's analyzer ends with an IndexError here.
    guard, logits = AlignmentGuard(STOP, torch.device("cpu")), torch.zeros(1, VOCABULARY)
    assert torch.equal(guard.add(logits, START, text_length), logits)
    on_last = (torch.arange(40) == START + text_length - 1)[None].float()
    done = [guard.check(logits, on_last, [False]) for _ in range(20)]
    assert torch.equal(done[0], logits)
    assert float(done[-1][0, STOP]) == 2**15


def test_requests_that_go_leave_the_others_alone() -> None:
    import torch

    device = torch.device("cpu")
    path = ENDS["stays on the last token"]
    logits, weights = torch.zeros(1, VOCABULARY), alignment(path, 12, 40, 12.0, 0)
    other = alignment([0] * len(path), 20, 40, 12.0, 1)
    alone, shared = AlignmentGuard(STOP, device), AlignmentGuard(STOP, device)
    shared.add(logits, START, 20)
    alone.add(logits, START, 12)
    shared.add(logits, START, 12)
    for step in range(1, len(path)):
        expected = alone.check(logits, weights[step : step + 1], [False])
        if step < 8:
            both = shared.check(logits.expand(2, -1), torch.stack([other[step], weights[step]]), [False, False])
            assert torch.equal(both[1:], expected)
            if step == 7:
                shared.keep([1])
        else:
            assert torch.equal(shared.check(logits, weights[step : step + 1], [False]), expected)
