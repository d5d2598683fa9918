"""From a reference recording to the conditionals of its voice, equal to the package's ``prepare_conditionals``."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from exceptions import InvalidRequestError
from speech.engines.chatterbox.conditionals import Conditionals, RenderPart
from speech.engines.chatterbox.loading import LoadedModel
from speech.engines.chatterbox.tensors import Tensor
from speech.samples import Samples

MODEL_RATE: Final = 24_000
"""Hz of mel spectrograms and of the sound that is made (the package's ``S3GEN_SR``)."""

TOKENIZER_RATE: Final = 16_000
"""Hz of what speech tokens and embeddings are taken from (the package's ``S3_SR``)."""

RENDER_SECONDS: Final = 10.0
"""Most of a reference that shapes the timbre (the package's ``DEC_COND_LEN``)."""

PROMPT_SECONDS: Final = {"english": 6, "multilingual": 6, "turbo": 15, "nano": 15}
"""Most of a reference whose speech tokens T3 sees (the package's ``ENC_COND_LEN``)."""

LONGEST_SECONDS: Final = 60.0
"""What comes later is cut off. The package lets all of a recording into the speaker embedding, an hour too."""

SHORTEST_SECONDS: Final = 1.0
"""Less makes no voice; the package fails somewhere inside."""

TURBO_SHORTEST_SECONDS: Final = 5.0
"""Turbo and Nano need more than this, as the package asserts."""

TURBO_LUFS: Final = -27.0
"""Loudness to which Turbo and Nano bring a reference (the package's ``norm_loudness``)."""

_SILENCE: Final = 1e-4


def prepare(
    model: LoadedModel, samples: Samples, sample_rate: int, key: str, render_seconds: float = RENDER_SECONDS
) -> Conditionals:
    """The conditionals of the voice in a recording; changes nothing in `model`, so threads may call it at once.

    For a voice conversion model the speaker embedding is zero and there are no prompt tokens.

    Args:
        model: to prepare for.
        samples: the recording, mono, shape ``(n,)``.
        sample_rate: of `samples`, in Hz.
        key: becomes the conditionals' key.
        render_seconds: how much of it shapes the timbre, 1 to 10; less than 10 changes the sound and is faster.

    Raises:
        InvalidRequestError: the recording is too short, silent or not finite.
    """
    import librosa
    import torch

    check_reference(model, samples, sample_rate)
    samples = samples[: int(LONGEST_SECONDS * sample_rate)].astype(np.float32, copy=False)
    reference = librosa.resample(samples, orig_sr=sample_rate, target_sr=MODEL_RATE)
    if model.family in ("turbo", "nano"):
        reference = _to_loudness(reference)
    with torch.inference_mode():
        render = _render_part(model, reference[: int(render_seconds * MODEL_RATE)])
        if model.t3 is None:
            return Conditionals(key, torch.zeros(1, 256, device=model.device), None, render)
        low_rate = librosa.resample(reference, orig_sr=MODEL_RATE, target_sr=TOKENIZER_RATE)
        prompt = _prompt_tokens(model, low_rate)
        speaker = model.voice_encoder.embeds_from_wavs([low_rate], sample_rate=TOKENIZER_RATE)
        speaker = torch.from_numpy(speaker).mean(axis=0, keepdim=True).to(model.device)
    return Conditionals(key, speaker, prompt, render)


def check_reference(model: LoadedModel, samples: Samples, sample_rate: int) -> None:
    """Refuse recordings that make no voice.

    Raises:
        InvalidRequestError: as `prepare`.
    """
    seconds = samples.shape[0] / sample_rate
    if model.family in ("turbo", "nano") and seconds <= TURBO_SHORTEST_SECONDS:
        raise InvalidRequestError(
            f"The reference recording is {seconds:.1f} seconds long; Chatterbox {model.family} needs more than "
            f"{TURBO_SHORTEST_SECONDS:.0f} seconds.",
            field="voice",
        )
    if seconds < SHORTEST_SECONDS:
        raise InvalidRequestError(
            f"The reference recording is {seconds:.2f} seconds long; Chatterbox needs at least "
            f"{SHORTEST_SECONDS:.0f} second, better 10.",
            field="voice",
        )
    if not np.isfinite(samples).all():
        raise InvalidRequestError("The reference recording contains values that are no numbers.", field="voice")
    if np.abs(samples).max() < _SILENCE:
        raise InvalidRequestError("The reference recording is silent.", field="voice")


def _to_loudness(reference: Samples) -> Samples:
    import pyloudnorm

    with np.errstate(divide="ignore"):
        loudness = float(pyloudnorm.Meter(MODEL_RATE).integrated_loudness(reference))
    gain = 10.0 ** ((TURBO_LUFS - loudness) / 20.0)
    # A recording too quiet to be measured has a loudness of minus infinity, and stays as it is.
    return reference * np.float32(gain) if math.isfinite(gain) and gain > 0.0 else reference


def _prompt_tokens(model: LoadedModel, low_rate: Samples) -> Tensor | None:
    import torch

    longest = model.t3.hp.speech_cond_prompt_len if model.t3 is not None else 0
    if not longest:
        return None
    start = low_rate[: PROMPT_SECONDS[model.family] * TOKENIZER_RATE]
    tokens, _ = model.s3gen.tokenizer.forward([start], max_len=longest)
    return torch.atleast_2d(tokens).to(model.device)


def _render_part(model: LoadedModel, reference: Samples) -> RenderPart:
    """The package's ``embed_ref`` without its prints, its record on the root logger and its resampler cache."""
    import torch
    import torchaudio

    s3gen: Any = model.s3gen
    sound = torch.from_numpy(reference).float().to(model.device)[None]
    features = s3gen.mel_extractor(sound).transpose(1, 2)
    low_rate = torchaudio.transforms.Resample(MODEL_RATE, TOKENIZER_RATE).to(model.device)(sound)
    embedding = s3gen.speaker_encoder.inference(low_rate)
    tokens, _ = s3gen.tokenizer(low_rate)
    # A recording that is no multiple of 40 ms has one token more than whole pairs of frames.
    return RenderPart(tokens[:, : features.shape[1] // 2], features, embedding)
