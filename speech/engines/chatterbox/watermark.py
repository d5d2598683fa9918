"""The inaudible mark that Chatterbox's authors put into everything it speaks: setting it and looking for it."""

from __future__ import annotations

from typing import Final

import numpy as np

from speech.engines.chatterbox import compat
from speech.samples import Samples

SHORTEST_SECONDS: Final = 0.1
"""Shorter sound is left unmarked: the mark's spectrogram needs a window and its reflection (64 ms)."""


class Watermarker:
    """Perth's implicit watermark; its network is part of the resemble-perth package and runs on the CPU.

    Threads may use one watermarker at the same time.

    Raises:
        ModelLoadError: the package is missing or does not work in this environment.
    """

    def __init__(self) -> None:
        self._perth = compat.watermarker()

    def apply(self, samples: Samples, sample_rate: int) -> Samples:
        """The marked sound, as long as the sound itself; what is shorter than `SHORTEST_SECONDS` stays unmarked.

        Equal to what the package does at the end of ``generate``.

        Args:
            samples: mono, shape ``(n,)``.
            sample_rate: in Hz; the mark is made at 32 kHz and survives other rates.
        """
        import torch

        if samples.shape[0] < SHORTEST_SECONDS * sample_rate:
            return samples
        with torch.inference_mode():
            marked = self._perth.apply_watermark(samples, sample_rate=sample_rate)
        result = np.zeros(samples.shape, np.float32)
        # The way to 32 kHz and back ends up to a few samples early or late.
        kept = min(samples.shape[0], marked.shape[0])
        result[:kept] = marked[:kept]
        return result

    def confidence(self, samples: Samples, sample_rate: int) -> float:
        """How sure the detector is that a sound is marked, 0 to 1; 0 for what is too short to say."""
        import torch

        if samples.shape[0] < SHORTEST_SECONDS * sample_rate:
            return 0.0
        with torch.inference_mode():
            found = self._perth.get_watermark(samples, sample_rate=sample_rate, round=False)
        return float(np.mean(found))
