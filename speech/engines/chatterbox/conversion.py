"""Voice conversion: the speech tokens of a recording, spoken again with another voice's timbre."""

from __future__ import annotations

from typing import Final

import numpy as np

from exceptions import InvalidRequestError
from speech.cancel import CancelToken
from speech.engines.chatterbox.conditionals import RenderPart
from speech.engines.chatterbox.loading import LoadedModel
from speech.engines.chatterbox.references import TOKENIZER_RATE
from speech.engines.chatterbox.render import RenderJob, render
from speech.samples import Samples

SHORTEST_SECONDS: Final = 0.1
"""Less than this has too few frames for the tokenizer."""

LONGEST_SECONDS: Final = 60.0
"""Most of one call; memory grows with the square of the length. Longer recordings are converted in pieces."""


PADDING: Final = 1_920
"""Samples of silence, two tokens long, put behind a piece that has to come out exactly as long."""


def source_tokens(model: LoadedModel, samples: Samples, sample_rate: int) -> list[int]:
    """What a recording says, as speech tokens, 25 per second; equal to the package's ``ChatterboxVC``.

    Args:
        model: any loaded model; all have the same tokenizer of sound.
        samples: mono, shape ``(n,)``.
        sample_rate: of `samples`, in Hz.

    Raises:
        InvalidRequestError: too short, too long or not finite.
    """
    import librosa
    import torch

    seconds = samples.shape[0] / sample_rate
    if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise InvalidRequestError(
            f"The recording to convert is {seconds:.2f} seconds long; one conversion takes {SHORTEST_SECONDS} to "
            f"{LONGEST_SECONDS:.0f} seconds."
        )
    if not np.isfinite(samples).all():
        raise InvalidRequestError("The recording to convert contains values that are no numbers.")
    low_rate = librosa.resample(samples.astype(np.float32, copy=False), orig_sr=sample_rate, target_sr=TOKENIZER_RATE)
    with torch.inference_mode():
        tokens, _ = model.s3gen.tokenizer(torch.from_numpy(low_rate).to(model.device)[None])
    result: list[int] = tokens[0].tolist()
    return result


def convert(
    model: LoadedModel,
    samples: Samples,
    sample_rate: int,
    target: RenderPart,
    seed: int,
    steps: int | None = None,
    cancel: CancelToken | None = None,
) -> Samples:
    """A recording in the voice of `target`: float32, 24 kHz, to within 40 ms as long as the recording.

    Equal to the package's ``ChatterboxVC.generate`` before its watermark where that draws the same noise.

    Args:
        model: any loaded model; the ``vc`` checkpoint has just what is needed.
        samples: mono, shape ``(n,)``.
        sample_rate: of `samples`, in Hz.
        target: of the voice to speak with, prepared for this model.
        seed: of the noise, 0 to 2**32 - 1.
        steps: as for `render`.
        cancel: asked before each step.

    Raises:
        InvalidRequestError: as `source_tokens`.
        GenerationError: as `render`.
        CancelledError: from `cancel`.
    """
    return render(model, RenderJob(source_tokens(model, samples, sample_rate), target, seed), steps, cancel)
