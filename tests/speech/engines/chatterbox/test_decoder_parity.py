"""The decoder draws, token for token, what the unmodified package draws for the same seed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.chatterbox import needs_chatterbox
from tests.support.t3_models import (
    Kind,
    make_decoder,
    make_request,
    make_t3,
    run,
    upstream_tokens,
)

needs_chatterbox()

KINDS: list[Kind] = ["english", "multilingual", "turbo"]


class Case:
    """A model, a ragged set of requests with different settings, and upstream's tokens for them."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.t3 = make_t3(kind)
        self.requests = [
            make_request(kind, 0),
            make_request(kind, 1, temperature=1.3, top_p=1.0, cfg_weight=0.0),
            make_request(kind, 2, cfg_weight=1.5, top_p=0.7, emotion=1.0),
            make_request(kind, 3, repetition_penalty=2.0, temperature=1.0, top_k=0, min_p=0.0),
            make_request(kind, 4, cfg_weight=0.0, repetition_penalty=1.0, prompt_tokens=None),
        ]
        self.expected = [upstream_tokens(self.t3, request) for request in self.requests]


@pytest.fixture(scope="module", params=KINDS)
def case(request: pytest.FixtureRequest) -> Any:
    return Case(request.param)


def test_each_alone(case: Case) -> None:
    assert [run(make_decoder(case.t3), request)[0] for request in case.requests] == case.expected


def test_the_cases_tell_something(case: Case) -> None:
    # Long enough, of different lengths, and with repeated tokens, so that penalties and stops take part.
    assert len({len(tokens) for tokens in case.expected}) > 1
    assert max(len(tokens) for tokens in case.expected) >= 20
    assert any(len(set(tokens)) < len(tokens) for tokens in case.expected)
    assert len({tuple(tokens) for tokens in case.expected}) == len(case.expected)


def test_all_together(case: Case) -> None:
    assert run(make_decoder(case.t3), *case.requests) == case.expected


def test_padded_to_buckets(case: Case) -> None:
    assert run(make_decoder(case.t3, graphs=True), *case.requests) == case.expected


def test_joining_midway(case: Case) -> None:
    decoder, sequences = make_decoder(case.t3), []
    for request in case.requests:
        sequences.append(decoder.join(request))
        for _ in range(3):
            decoder.step()
    while decoder.running:
        decoder.step()
    assert [sequence.tokens for sequence in sequences] == case.expected


def test_leaving_midway(case: Case) -> None:
    decoder = make_decoder(case.t3)
    sequences = [decoder.join(request) for request in case.requests]
    decoder.step()
    decoder.leave(sequences[0])
    decoder.step()
    decoder.leave(sequences[3])
    while decoder.running:
        decoder.step()
    for place in (1, 2, 4):
        assert sequences[place].tokens == case.expected[place]
    for place, drawn in ((0, 1), (3, 2)):
        assert sequences[place].tokens == case.expected[place][:drawn]
        assert sequences[place].reason == "left"


def test_kept_prefixes_change_nothing(case: Case) -> None:
    decoder = make_decoder(case.t3, prefix_cache_bytes=10**8)
    empty = decoder.nbytes
    assert run(decoder, *case.requests) == case.expected
    filled = decoder.nbytes
    assert filled > empty
    assert run(decoder, *case.requests) == case.expected
    assert decoder.nbytes == filled


def test_no_guidance_takes_one_row(case: Case) -> None:
    decoder = make_decoder(case.t3)
    decoder.join(case.requests[1])
    assert decoder.free_rows == 15
    decoder.join(case.requests[0])
    assert decoder.free_rows == (14 if case.kind == "turbo" else 13)


def test_the_module_stays_of_use_in_float32(case: Case) -> None:
    make_decoder(case.t3)
    assert upstream_tokens(case.t3, case.requests[0]) == case.expected[0]


@pytest.mark.parametrize("kind", ["english", "turbo"])
def test_a_stop_drawn_first(kind: Kind) -> None:
    # Turbo's loop looks at the second token first; the English one ends with nothing.
    import torch

    t3 = make_t3(kind, seed=1)
    requests = [make_request(kind, 5, seed=seed, max_tokens=3) for seed in range(16)]
    often, stop = run(make_decoder(t3), requests[0])[0][0], t3.hp.stop_speech_token
    with torch.no_grad():
        t3.speech_head.weight[stop] = t3.speech_head.weight[often]
        if t3.speech_head.bias is not None:
            t3.speech_head.bias[stop] = t3.speech_head.bias[often] + 2
    expected = [upstream_tokens(t3, request) for request in requests]
    assert any(tokens[:1] == ([stop] if kind == "turbo" else []) for tokens in expected)
    decoder = make_decoder(t3)
    assert [run(decoder, request)[0] for request in requests] == expected


def test_the_guard_decides_when_the_stop_is_likely() -> None:
    import torch

    # A constant in all embeddings is a bias to the head: here the stop token leads wherever it is not held back.
    t3 = make_t3("multilingual")
    with torch.no_grad():
        t3.speech_emb.weight[:, 0] = t3.speech_pos_emb.emb.weight[:, 0] = 20
        t3.speech_head.weight[:, 0] = 0
        t3.speech_head.weight[t3.hp.stop_speech_token] = 0
        t3.speech_head.weight[t3.hp.stop_speech_token, 0] = 3
    requests = [make_request("multilingual", number, max_tokens=40) for number in range(1, 8)]
    expected = [upstream_tokens(t3, request) for request in requests]
    assert len({len(tokens) for tokens in expected}) > 3
    assert run(make_decoder(t3, graphs=True), *requests) == expected
