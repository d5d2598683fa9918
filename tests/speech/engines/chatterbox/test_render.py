"""Speech tokens to sound: equal to the package for the same noise, alone, in ragged batches and in threads."""

from __future__ import annotations

import random
import threading
from typing import Any

import numpy as np
import pytest

from exceptions import CancelledError, GenerationError
from speech.cancel import CancelToken
from speech.engines.chatterbox.render import (
    MOST_TOKENS,
    SAMPLES_PER_TOKEN,
    SILENCE,
    RenderJob,
    batches,
    render,
    render_batch,
    speakable,
)
from speech.samples import Samples
from tests.support.chatterbox import TinyChatterbox, needs_chatterbox, quiet_output

torch = needs_chatterbox()


def tokens(count: int, seed: int = 0) -> list[int]:
    return [random.Random(seed).randrange(6561) for _ in range(count)]


def upstream_sound(s3gen: Any, job: RenderJob, **options: Any) -> Samples:
    """The package's rendering, drawing its noise from the global generator with the job's seed."""
    part = job.voice
    reference = {
        "prompt_token": part.tokens,
        "prompt_token_len": torch.tensor([part.tokens.shape[1]]),
        "prompt_feat": part.features,
        "prompt_feat_len": None,
        "embedding": part.embedding,
    }
    with torch.random.fork_rng(), quiet_output():
        torch.manual_seed(job.seed)
        sound, _ = s3gen.inference(speech_tokens=torch.tensor(job.tokens), ref_dict=reference, **options)
    return np.asarray(sound[0].numpy())


@pytest.mark.parametrize("name", ["english", "turbo"])
@pytest.mark.parametrize("seconds", [1.5, 1.513])
def test_sound_is_that_of_the_package_for_the_same_noise(
    tiny_chatterbox: TinyChatterbox, name: str, seconds: float
) -> None:
    model = tiny_chatterbox.model(name)
    job = RenderJob(tokens(17), tiny_chatterbox.voice(name, seconds).render, 1234)
    sound = render(model, job)
    assert np.array_equal(sound, upstream_sound(tiny_chatterbox.upstream(name).s3gen, job))
    assert sound.dtype == np.float32
    assert np.abs(sound).max() > 1e-3


@pytest.mark.parametrize("name", ["english", "turbo"])
def test_number_of_steps_is_a_choice(tiny_chatterbox: TinyChatterbox, name: str) -> None:
    model = tiny_chatterbox.model(name)
    job = RenderJob(tokens(9), tiny_chatterbox.voice(name).render, 7)
    theirs = upstream_sound(tiny_chatterbox.upstream(name).s3gen, job, n_cfm_timesteps=3)
    assert np.array_equal(render(model, job, steps=3), theirs)
    assert not np.array_equal(render(model, job), theirs)


@pytest.mark.parametrize("name", ["english", "turbo"])
def test_ragged_batch_is_what_each_is_alone(tiny_chatterbox: TinyChatterbox, name: str) -> None:
    model = tiny_chatterbox.model(name)
    voices = [tiny_chatterbox.voice(name, 1.2, 1).render, tiny_chatterbox.voice(name, 2.013, 2).render]
    jobs = [RenderJob(tokens(count, count), voices[count % 2], count) for count in (31, 4, 18, 1)]
    for job, together in zip(jobs, render_batch(model, jobs), strict=True):
        alone = render(model, job)
        assert together.shape == alone.shape
        assert np.abs(together - alone).max() < 1e-5


def test_package_lets_pads_into_shorter_chunks(tiny_chatterbox: TinyChatterbox) -> None:
    """What the pad fix is for: without it the same comparison fails by far."""
    model = tiny_chatterbox.model("english")
    encoder = model.s3gen.flow.encoder
    embedded = torch.randn(1, 12, 512, generator=torch.Generator().manual_seed(0))
    padded = torch.cat([embedded, torch.zeros(1, 6, 512)], dim=1)
    with torch.inference_mode():
        alone, _ = encoder(embedded, torch.tensor([12]))
        together, _ = encoder(padded.repeat(2, 1, 1), torch.tensor([12, 18]))
    assert (together[0, :24] - alone[0]).abs().max() > 1e-2


def test_seed_decides_and_nothing_else(tiny_chatterbox: TinyChatterbox) -> None:
    model = tiny_chatterbox.model("english")
    part = tiny_chatterbox.voice("english").render
    first = render(model, RenderJob(tokens(8), part, 1))
    torch.manual_seed(99)
    state = torch.get_rng_state()
    assert np.array_equal(render(model, RenderJob(tokens(8), part, 1)), first)
    assert not np.array_equal(render(model, RenderJob(tokens(8), part, 2)), first)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("name", ["english", "turbo"])
def test_threads_render_what_each_renders_alone(tiny_chatterbox: TinyChatterbox, name: str) -> None:
    model = tiny_chatterbox.model(name)
    jobs = [
        RenderJob(tokens(5 + 9 * seed, seed), tiny_chatterbox.voice(name, 1 + seed / 2, seed).render, seed)
        for seed in range(4)
    ]
    alone = [render(model, job) for job in jobs]
    wrong: list[int] = []

    def work(index: int) -> None:
        for _ in range(4):
            if not np.array_equal(render(model, jobs[index]), alone[index]):
                wrong.append(index)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_rendering_leaves_voice_and_model_as_they_were(tiny_chatterbox: TinyChatterbox) -> None:
    model = tiny_chatterbox.model("english")
    part = tiny_chatterbox.voice("english").render
    before = {name: value.clone() for name, value in vars(part).items()}
    buffers = {name: value.clone() for name, value in model.s3gen.named_buffers()}
    render(model, RenderJob(tokens(5), part, 1))
    assert all(torch.equal(value, before[name]) for name, value in vars(part).items())
    assert all(torch.equal(value, buffers[name]) for name, value in model.s3gen.named_buffers())


@pytest.mark.parametrize("name", ["english", "turbo"])
def test_cancel_is_heard_between_steps(tiny_chatterbox: TinyChatterbox, name: str) -> None:
    model = tiny_chatterbox.model(name)
    asked: list[int] = []

    class StopAtSecond(CancelToken):
        def raise_if_stopped(self) -> None:
            asked.append(1)
            if len(asked) == 2:
                self.cancel()
            super().raise_if_stopped()

    with pytest.raises(CancelledError):
        render(model, RenderJob(tokens(5), tiny_chatterbox.voice(name).render, 1), cancel=StopAtSecond())
    assert len(asked) == 2


def test_length_follows_the_tokens(tiny_chatterbox: TinyChatterbox) -> None:
    model = tiny_chatterbox.model("english")
    part = tiny_chatterbox.voice("english", 1.2).render
    for count in (1, 2, 25):
        assert render(model, RenderJob(tokens(count), part, 0)).shape == (count * SAMPLES_PER_TOKEN,)


def test_other_tokens_than_speech_are_dropped(tiny_chatterbox: TinyChatterbox) -> None:
    assert speakable(tiny_chatterbox.model("english"), [6561, 5, 6561, 6560, 6562, 8193]) == [5, 6560]
    assert speakable(tiny_chatterbox.model("nano"), [5, 6562]) == [5, SILENCE, SILENCE, SILENCE]
    with pytest.raises(GenerationError, match="no sound"):
        speakable(tiny_chatterbox.model("turbo"), [6561, 6562])


@pytest.mark.parametrize("wrong", [[], [6561], [-1], [0] * (MOST_TOKENS + 1)])
def test_tokens_that_cannot_be_rendered_are_refused(tiny_chatterbox: TinyChatterbox, wrong: list[int]) -> None:
    model = tiny_chatterbox.model("english")
    with pytest.raises(GenerationError):
        render(model, RenderJob(wrong, tiny_chatterbox.voice("english").render, 0))


def test_longest_chunk_leaves_the_shared_positions_alone(tiny_chatterbox: TinyChatterbox) -> None:
    encoder = tiny_chatterbox.model("english").s3gen.flow.encoder
    reach = (encoder.up_embed.pos_enc.pe.shape[1] + 1) // 2
    assert reach >= 2 * (MOST_TOKENS + 250)


def test_batches_hold_similar_lengths() -> None:
    assert batches([100, 10, 90, 95, 12, 80], 3) == [[0, 3, 2], [5], [4, 1]]
    assert batches([], 4) == []
    assert batches([5, 5, 5], 1) == [[0], [1], [2]]
