"""Sampling in a batch gives what the usual logits processors and multinomial give one by one."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exceptions import InvalidRequestError
from speech.engines.chatterbox.decoder.sampling import RANGES, Sampler, Sampling
from tests.support.chatterbox import needs_chatterbox

needs_chatterbox()

VOCABULARY, START = 90, 80
PLAIN = Sampling(temperature=1.0, cfg_weight=0.0, repetition_penalty=1.0, min_p=0.0, top_p=1.0, top_k=0)

any_sampling = st.builds(
    Sampling,
    temperature=st.sampled_from([0.05, 0.5, 0.8, 1.0, 2.0]),
    cfg_weight=st.just(0.5),
    repetition_penalty=st.sampled_from([1.0, 1.2, 2.0]),
    min_p=st.sampled_from([0.0, 0.05, 0.3, 1.0]),
    top_p=st.sampled_from([0.0, 0.3, 0.95, 1.0]),
    top_k=st.sampled_from([0, 1, 5, 89, 90, 1000]),
)


def reference(order: str, sampling: Sampling, seed: int, logits: Any, steps: int) -> list[int]:
    """Upstream's two loops over its own processors, reduced to the drawing."""
    import torch
    from transformers.generation import logits_process as process

    penalty = process.RepetitionPenaltyLogitsProcessor(sampling.repetition_penalty)
    top_p = process.TopPLogitsWarper(sampling.top_p)
    if order == "llama":
        temperature = process.TemperatureLogitsWarper(sampling.temperature)
        chain = [penalty, temperature, process.MinPLogitsWarper(sampling.min_p), top_p]
    else:
        chain = [process.TemperatureLogitsWarper(sampling.temperature)]
        if sampling.top_k > 0:
            chain.append(process.TopKLogitsWarper(sampling.top_k))
        chain += [*([top_p] if sampling.top_p < 1 else []), penalty]
    drawn: list[int] = []
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for step in range(steps):
            seen = [START, *drawn] if order == "llama" or not drawn else drawn
            scores = logits[step : step + 1]
            for processor in chain:
                scores = processor(torch.tensor([seen]), scores)
            drawn.append(int(torch.multinomial(torch.softmax(scores, dim=-1), 1)))
    return drawn


@pytest.mark.parametrize("order", ["llama", "gpt2"])
@settings(max_examples=40, deadline=None)
@given(mixed=st.lists(any_sampling, min_size=1, max_size=4), seed=st.integers(0, 10**6))
def test_same_draws_as_the_usual_processors(order: Any, mixed: list[Sampling], seed: int) -> None:
    import torch

    steps = 12
    logits = torch.randn(len(mixed), steps, VOCABULARY, generator=torch.Generator().manual_seed(seed)) * 3
    logits[:, :, START] += 4
    sampler = Sampler(order, VOCABULARY, START, torch.device("cpu"))
    for place, sampling in enumerate(mixed):
        sampler.add(sampling, seed + place)
    drawn = [sampler.draw(logits[:, step]) for step in range(steps)]
    for place, sampling in enumerate(mixed):
        expected = reference(order, sampling, seed + place, logits[place], steps)
        assert [tokens[place] for tokens in drawn] == expected


def test_requests_that_go_take_their_state_along() -> None:
    import torch

    logits = torch.randn(6, 3, VOCABULARY, generator=torch.Generator().manual_seed(0)) * 3
    mixed = [dataclasses.replace(PLAIN, temperature=heat, repetition_penalty=2.0) for heat in (0.5, 1.0, 2.0)]
    sampler = Sampler("llama", VOCABULARY, START, torch.device("cpu"))
    for place, sampling in enumerate(mixed):
        sampler.add(sampling, place)
    drawn = [sampler.draw(logits[step])[2] for step in range(2)]
    sampler.keep([2])
    drawn += [sampler.draw(logits[step, 2:])[0] for step in range(2, 6)]
    assert drawn == reference("llama", mixed[2], 2, logits[:, 2], 6)


def test_broken_numbers_are_told_apart() -> None:
    import torch

    sampler = Sampler("llama", VOCABULARY, START, torch.device("cpu"))
    for seed in range(3):
        sampler.add(PLAIN, seed)
    logits = torch.zeros(3, VOCABULARY)
    logits[0, 5], logits[2, 5] = float("nan"), float("inf")
    drawn = sampler.draw(logits)
    assert [token < 0 for token in drawn] == [True, False, True]


@pytest.mark.parametrize("name", list(RANGES))
def test_ranges(name: str) -> None:
    low, high = RANGES[name]
    for value in (low, high):
        dataclasses.replace(PLAIN, **{name: value})
    for value in (low - 0.01, high + 0.01, float("nan"), float("inf")):
        with pytest.raises(InvalidRequestError) as caught:
            dataclasses.replace(PLAIN, **{name: value})
        assert caught.value.field == name
