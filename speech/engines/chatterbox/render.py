"""From speech tokens to sound: the package's S3Gen, with own noise for each chunk and correct ragged batches."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from exceptions import GenerationError
from speech.cancel import CancelToken
from speech.engines.chatterbox.conditionals import RenderPart
from speech.engines.chatterbox.loading import LoadedModel
from speech.engines.chatterbox.tensors import Module, Tensor
from speech.samples import Samples

SAMPLE_RATE: Final = 24_000
"""Hz of what is rendered (the package's ``S3GEN_SR``)."""

SAMPLES_PER_TOKEN: Final = 960
"""A speech token lasts 40 ms: two mel frames of 480 samples."""

SPEECH_TOKENS: Final = 6561
"""Ids from here on are start, stop and the like, and make no sound (the package's ``SPEECH_VOCAB_SIZE``)."""

SILENCE: Final = 4299
"""Token that the package puts three times behind what Turbo and Nano speak (its ``S3GEN_SIL``)."""

MOST_TOKENS: Final = 2250
"""Most tokens of a chunk, 90 seconds.

Together with 250 of the reference this is what the positions computed at loading reach; beyond, the package
computes longer ones into the shared network, which is not safe while another thread renders.
"""

CFM_STEPS: Final = {False: 10, True: 2}
"""Steps of the flow as the package takes them: ordinary decoder, meanflow decoder (Turbo, Nano)."""

MEL: Final = 80


@dataclass(frozen=True)
class RenderJob:
    """One chunk to be made into sound.

    Attributes:
        tokens: speech tokens, at least 1 below `SPEECH_TOKENS`; see `speakable`.
        voice: whose timbre.
        seed: of all its noise, 0 to 2**32 - 1. The noise is drawn on the CPU, so it is the same on every device
            and in every batch.
    """

    tokens: Sequence[int]
    voice: RenderPart
    seed: int


def speakable(model: LoadedModel, tokens: Sequence[int]) -> list[int]:
    """What the package renders of T3's tokens: without start, stop and the like; with Turbo's silence at the end.

    A start token in the middle costs nothing but itself here; the package throws away all that was said before it.

    Raises:
        GenerationError: nothing is left.
    """
    kept = [token for token in tokens if token < SPEECH_TOKENS]
    if not kept:
        raise GenerationError("The model made no sound for this text.")
    return kept + [SILENCE] * 3 if model.family in ("turbo", "nano") else kept


def render(model: LoadedModel, job: RenderJob, steps: int | None = None, cancel: CancelToken | None = None) -> Samples:
    """The sound of one chunk: float32, 24 kHz, at most 0.99 in size.

    Equal to the package's ``S3Gen.inference`` where that draws the same noise. Threads may render at the same time.

    Args:
        model: whose S3Gen.
        job: the chunk.
        steps: of the flow, 1 to 100; ``None`` for as many as the package takes. Fewer are faster and change the sound.
        cancel: asked before each step.

    Raises:
        GenerationError: no tokens, too many, or a result that is no sound.
        CancelledError: from `cancel`.
        DeadlineExceededError: from `cancel`.
    """
    return render_batch(model, [job], steps, cancel)[0]


def render_batch(
    model: LoadedModel, jobs: Sequence[RenderJob], steps: int | None = None, cancel: CancelToken | None = None
) -> list[Samples]:
    """As `render`, for several chunks of any voices and lengths in one pass of the flow.

    Each comes out as alone, within rounding (1e-4 of full scale in float32). It pays on a GPU, for chunks of
    similar length; on a CPU the same work takes longer than one by one.
    """
    import torch

    for job in jobs:
        _check(job)
    with torch.inference_mode():
        mels = _flow(model, jobs, steps or CFM_STEPS[model.s3gen.meanflow], cancel)
        return [_vocode(model, mel, noise) for mel, noise in mels]


def batches(lengths: Sequence[int], most: int, waste: float = 0.25) -> list[list[int]]:
    """Indexes of chunks that render well together: similar lengths, longest first.

    Args:
        lengths: of the chunks with their references, in tokens.
        most: chunks of a batch.
        waste: share of a row that may be padding.
    """
    result: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        batch = result[-1] if result else []
        if batch and len(batch) < most and lengths[index] >= (1 - waste) * lengths[batch[0]]:
            batch.append(index)
        else:
            result.append([index])
    return result


def _check(job: RenderJob) -> None:
    if not job.tokens:
        raise GenerationError("The model made no sound for this text.")
    if len(job.tokens) > MOST_TOKENS:
        raise GenerationError(f"A chunk of {len(job.tokens)} speech tokens is longer than the {MOST_TOKENS} that fit.")
    if not 0 <= min(job.tokens) <= max(job.tokens) < SPEECH_TOKENS:
        raise GenerationError("The model made tokens that are no speech.")


def _flow(
    model: LoadedModel, jobs: Sequence[RenderJob], steps: int, cancel: CancelToken | None
) -> list[tuple[Tensor, Tensor]]:
    """Mel spectrogram of each chunk, (1, 80, frames), with the generator that goes on to its source's noise."""
    import torch

    flow = model.s3gen.flow
    device = model.device
    lengths = [job.voice.tokens.shape[1] + len(job.tokens) for job in jobs]
    longest = max(lengths)
    tokens = torch.zeros(len(jobs), longest, dtype=torch.long, device=device)
    cond = torch.zeros(len(jobs), 2 * longest, MEL, device=device)
    noise = torch.zeros(len(jobs), MEL, 2 * longest, device=device)
    generators = [torch.Generator().manual_seed(job.seed) for job in jobs]
    for row, (job, length, generator) in enumerate(zip(jobs, lengths, generators, strict=True)):
        spoken = torch.tensor([list(job.tokens)], device=device)
        tokens[row, :length] = torch.cat([job.voice.tokens, spoken], dim=1)
        cond[row, : job.voice.features.shape[1]] = job.voice.features
        noise[row, :, : 2 * length] = _noise(generator, length, len(job.tokens), model.s3gen.meanflow).to(device)
    valid = torch.arange(longest, device=device)[None] < torch.tensor(lengths, device=device)[:, None]
    speaker = torch.nn.functional.normalize(torch.cat([job.voice.embedding for job in jobs]), dim=1)
    hidden, frames = _encode(flow.encoder, flow.input_embedding(tokens) * valid[..., None], valid)
    mel = _solve(
        flow.decoder,
        noise,
        steps,
        {
            "mask": frames[:, None].to(hidden),
            "mu": flow.encoder_proj(hidden).transpose(1, 2).contiguous(),
            "spks": flow.spk_embed_affine_layer(speaker),
            "cond": cond.transpose(1, 2),
        },
        model.s3gen.meanflow,
        cancel,
    )
    return [
        (mel[row : row + 1, :, job.voice.features.shape[1] : 2 * length], generator)
        for row, (job, length, generator) in enumerate(zip(jobs, lengths, generators, strict=True))
    ]


def _noise(generator: Tensor, length: int, spoken: int, meanflow: bool) -> Tensor:
    """Where a chunk's flow starts, (80, 2 length), drawn in the package's order."""
    import torch

    # For a meanflow decoder the package draws the spoken part first, and again with the rest, in vain.
    own = torch.randn(1, MEL, 2 * spoken, generator=generator) if meanflow else None
    noise = torch.randn(1, MEL, 2 * length, generator=generator)
    if own is not None:
        noise[..., -2 * spoken :] = own
    return noise[0]


def _encode(encoder: Module, embedded: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
    """The package's ``UpsampleConformerEncoder.forward`` with the pads kept silent.

    There, `embed` gives pads a bias, and a convolution that looks three tokens ahead lets it into the end of every
    row but the longest (3 to 4 % of the signal).

    Returns:
        Hidden states (rows, 2 tokens, 512) and which frames are valid (rows, 2 tokens).
    """
    hidden, positions, mask = encoder.embed(embedded, valid[:, None])
    hidden = encoder.pre_lookahead_layer(hidden * valid[..., None])
    hidden = encoder.forward_layers(hidden, mask, positions, mask)
    hidden, _ = encoder.up_layer(hidden.transpose(1, 2).contiguous(), valid.sum(1))
    frames = valid.repeat_interleave(2, dim=1)
    hidden, positions, mask = encoder.up_embed(hidden.transpose(1, 2).contiguous(), frames[:, None])
    hidden = encoder.forward_up_layers(hidden, mask, positions, mask)
    return encoder.after_norm(hidden), frames


def _solve(
    cfm: Module, x: Tensor, steps: int, given: dict[str, Tensor], meanflow: bool, cancel: CancelToken | None
) -> Tensor:
    """Euler steps from noise to mel, as the package's ``solve_euler`` and, for meanflow, ``basic_euler``."""
    import torch

    times = torch.linspace(0, 1, steps + 1, device=x.device)
    if not meanflow and cfm.t_scheduler == "cosine":
        times = 1 - torch.cos(times * 0.5 * torch.pi)
    rows = x.shape[0]
    if not meanflow:
        # The second half is what the flow would do knowing nothing of text and voice.
        unknown = {name: torch.zeros_like(value) for name, value in given.items() if name != "mask"}
        given = {name: torch.cat([value, unknown.get(name, value)]) for name, value in given.items()}
    for now, later in itertools.pairwise(times):
        if cancel is not None:
            cancel.raise_if_stopped()
        if meanflow:
            slope = cfm.estimator(x, t=now[None], r=later[None], **given)
        else:
            knowing, guessing = cfm.estimator(torch.cat([x, x]), t=now.expand(2 * rows), **given).split(rows)
            slope = (1.0 + cfm.inference_cfg_rate) * knowing - cfm.inference_cfg_rate * guessing
        x = x + (later - now) * slope
    return x


def _vocode(model: LoadedModel, mel: Tensor, generator: Tensor) -> Samples:
    """The package's ``HiFTGenerator.inference``; one chunk at a time, because its convolutions look ahead."""
    import torch

    hift = model.s3gen.mel2wav
    pitch = hift.f0_upsamp(hift.f0_predictor(mel)[:, None])
    sound = hift.decode(x=mel, s=_source(hift.m_source, pitch, generator))[0]
    # The package fades the first 40 ms in against what the reference spills over.
    fade = model.s3gen.trim_fade[: sound.shape[0]]
    sound[: fade.shape[0]] *= fade
    samples: Samples = sound.to("cpu", torch.float32).numpy()
    if not np.isfinite(samples).all():
        raise GenerationError("The model made values that are no sound.")
    return samples


def _source(module: Module, pitch: Tensor, generator: Tensor) -> Tensor:
    """The package's ``SourceModuleHnNSF`` and ``SineGen`` with a generator: harmonics of the pitch (1, 1, samples)."""
    import torch

    sines = module.l_sin_gen
    count = sines.harmonic_num + 1
    harmonics = torch.cat([pitch * (number + 1) / sines.sampling_rate for number in range(count)], dim=1)
    phase = torch.rand(1, count, 1, generator=generator) * (2 * math.pi) - math.pi
    phase[:, 0] = 0
    waves = sines.sine_amp * torch.sin(2 * np.pi * (torch.cumsum(harmonics, dim=-1) % 1) + phase.to(pitch.device))
    voiced = (pitch > sines.voiced_threshold).to(pitch.dtype)
    loudness = voiced * sines.noise_std + (1 - voiced) * sines.sine_amp / 3
    noise = torch.randn(waves.shape, generator=generator).to(pitch.device)
    waves = waves * voiced + loudness * noise
    merged = module.l_tanh(module.l_linear(waves.transpose(1, 2)))
    return merged.transpose(1, 2)
