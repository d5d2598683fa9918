"""What ends a request, what is refused, and what the other arithmetics do."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from exceptions import GenerationError, ModelLoadError
from speech.engines.chatterbox.decoder.linear import LinearFactory
from tests.support.chatterbox import needs_chatterbox
from tests.support.t3_models import Kind, make_decoder, make_request, make_t3, run

needs_chatterbox()

KINDS: list[Kind] = ["english", "multilingual", "turbo"]


@pytest.fixture(scope="module")
def english() -> Any:
    return make_t3("english")


def test_length_ends_a_request(english: Any) -> None:
    decoder = make_decoder(english)
    sequence = decoder.join(make_request("english", 1, max_tokens=3))
    assert [decoder.step(), decoder.step(), decoder.step()] == [[], [], [sequence]]
    assert (len(sequence.tokens), sequence.reason, sequence.finished) == (3, "length", True)
    assert decoder.step() == []


def test_a_loop_ends_a_request() -> None:
    import torch

    t3 = make_t3("english")
    with torch.no_grad():
        t3.speech_head.weight.zero_()
    decoder = make_decoder(t3, repeat_limit=5)
    request = make_request("english", 1, max_tokens=30, repetition_penalty=1.0, min_p=0.0, top_p=0.0)
    sequence = decoder.join(request)
    while decoder.running:
        decoder.step()
    assert sequence.reason == "repetition"
    assert len(sequence.tokens) == 5
    assert decoder.free_rows == 16


def test_broken_numbers_end_only_their_request(english: Any) -> None:
    import torch

    neighbour, later = make_request("english", 6, max_tokens=60), make_request("english", 0)
    expected = run(make_decoder(english), neighbour, later)
    decoder = make_decoder(english)
    running = decoder.join(neighbour)
    broken = decoder.join(make_request("english", 6, speaker=torch.full((1, 256), float("nan"))))
    assert decoder.step() == [broken]
    assert (broken.reason, broken.tokens) == ("not_finite", [])
    # A shorter request gets the freed rows: what it does not overwrite is masked, and still must be finite.
    follower = decoder.join(later)
    while decoder.running:
        decoder.step()
    assert [running.tokens, follower.tokens] == expected


def test_rows_are_counted(english: Any) -> None:
    decoder = make_decoder(english, rows=3)
    request, single = make_request("english", 1), make_request("english", 2, cfg_weight=0.0)
    sequence = decoder.join(request)
    assert decoder.free_rows == 1
    assert not decoder.fits(request)
    assert decoder.fits(single)
    with pytest.raises(GenerationError, match="free rows"):
        decoder.join(request)
    decoder.leave(sequence)
    decoder.leave(sequence)
    assert decoder.free_rows == 3
    assert sequence.reason == "left"
    assert decoder.running == []


@pytest.mark.parametrize(
    ("positions", "number", "max_tokens", "sentence"),
    [(80, 1, 60, "80 positions"), (20, 1, 1, "20 positions"), (256, 1, 5000, "4100 speech tokens")],
)
def test_too_long_requests_leave_no_trace(
    english: Any, positions: int, number: int, max_tokens: int, sentence: str
) -> None:
    decoder = make_decoder(english, positions=positions)
    with pytest.raises(GenerationError, match=sentence):
        decoder.join(make_request("english", number, max_tokens=max_tokens))
    assert decoder.free_rows == 16
    assert decoder.running == []


def test_the_last_position_is_used(english: Any) -> None:
    request = make_request("english", 1, max_tokens=8)
    needed = 34 + request.text_tokens.shape[1] + 2 + 8
    assert run(make_decoder(english, positions=needed), request) == run(make_decoder(english), request)
    with pytest.raises(GenerationError):
        make_decoder(english, positions=needed - 1).join(request)


def test_kept_prefixes_stay_within_their_bytes(english: Any) -> None:
    one = make_decoder(english, prefix_cache_bytes=10**8)
    empty = one.nbytes
    run(one, make_request("english", 1, max_tokens=1))
    size = one.nbytes - empty
    decoder = make_decoder(english, prefix_cache_bytes=2 * size)
    for number in (1, 2, 1, 3, 1, 4):
        run(decoder, make_request("english", number, max_tokens=1))
        assert decoder.nbytes - empty <= 2 * size
    assert decoder.nbytes - empty == 2 * size


def test_the_least_used_prefix_goes_first(english: Any) -> None:
    import torch

    broken = torch.full((1, 256), float("nan"))

    def is_kept(decoder: Any, number: int) -> bool:
        # Only a prefix that is computed anew sees the broken embedding.
        sequence = decoder.join(make_request("english", number, speaker=broken, max_tokens=1))
        decoder.step()
        return bool(sequence.reason != "not_finite")

    one = make_decoder(english, prefix_cache_bytes=10**8)
    empty = one.nbytes
    run(one, make_request("english", 1, max_tokens=1))
    decoder = make_decoder(english, prefix_cache_bytes=2 * (one.nbytes - empty))
    for number in (1, 2, 1, 3):
        run(decoder, make_request("english", number, max_tokens=1))
    assert [is_kept(decoder, number) for number in (1, 3, 2)] == [True, True, False]


@pytest.mark.parametrize("kind", KINDS)
def test_emotion_is_part_of_the_prefix_where_it_counts(kind: Kind) -> None:
    t3 = make_t3(kind)
    calm, wild = make_request(kind, 1), make_request(kind, 1, emotion=50.0)
    decoder = make_decoder(t3, prefix_cache_bytes=10**8)
    results = [run(decoder, request)[0] for request in (calm, wild, calm)]
    assert results[0] == results[2]
    assert (results[0] == results[1]) == (kind == "turbo")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("arithmetic", ["int8", "bfloat16"])
def test_other_arithmetics_come_close(kind: Kind, arithmetic: Any) -> None:
    import torch

    requests = [make_request(kind, number, max_tokens=1) for number in range(3)]
    exact = make_decoder(make_t3(kind))
    near = make_decoder(make_t3(kind), arithmetic=arithmetic)
    for request in requests:
        exact.join(request)
        near.join(request)
    expected, logits = exact._logits, near._logits
    finite = expected.abs() < 1000
    error = float((logits - expected)[finite].norm() / expected[finite].norm())
    assert 0 < error < 0.5  # unrelated logits differ by more than their own size
    assert logits.dtype == torch.float32
    tokens = run(near, *[make_request(kind, number) for number in range(3)])
    assert all(tokens)


@pytest.mark.parametrize("arithmetic", ["int8", "bfloat16"])
def test_other_arithmetics_give_the_weights_memory_back(arithmetic: Any) -> None:
    t3 = make_t3("english")
    decoder = make_decoder(t3, arithmetic=arithmetic)
    assert sum(weight.numel() for weight in t3.tfmr.layers.parameters() if weight.dim() == 2) == 0
    assert run(decoder, make_request("english", 1))[0]


def test_float32_shares_the_weights() -> None:
    t3 = make_t3("english")
    attention = t3.tfmr.layers[0].self_attn
    make_decoder(t3)
    storages = {module.weight.untyped_storage().data_ptr() for module in (attention.q_proj, attention.v_proj)}
    assert len(storages) == 1


def test_int8_is_refused_on_a_gpu() -> None:
    import torch

    with pytest.raises(ModelLoadError, match="bfloat16"):
        LinearFactory("int8", torch.device("cuda"))


def test_failed_captures_fall_back(
    english: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import torch

    request = make_request("english", 1)
    expected = run(make_decoder(english), request)
    decoder = make_decoder(english, graphs=True)

    def no_streams() -> None:
        raise RuntimeError("no such device")

    monkeypatch.setattr(torch.cuda, "Stream", no_streams)
    decoder._run._capture = True
    with caplog.at_level(logging.WARNING):
        assert run(decoder, request) == expected
    assert [record.message for record in caplog.records] == ["CUDA graphs are off, capturing failed: no such device"]
