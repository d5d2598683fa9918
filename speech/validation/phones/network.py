"""The phone recogniser: a small Conformer that gives phone probabilities every 20 ms, run by onnxruntime.

Its weights come from the package ``hama``; the results are within 3e-5 of that package's own engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from speech.samples import Samples
from speech.validation.phones.layers import build
from speech.validation.phones.weights import Array

SAMPLE_RATE: Final = 16_000
FRAME_SECONDS: Final = 0.02
"""Step of the output; two feature frames of 10 ms."""

BLANK: Final = -1
"""Index of the blank among the output classes: the last."""

_HOP: Final = 160
_WINDOW: Final = 400


class PhoneNetwork:
    """The recogniser in memory; thread-safe, it keeps no state between calls.

    Args:
        weights: of `read_archive`.

    Raises:
        KeyError, IndexError: an array is missing.
    """

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self._session = _open(build(weights))
        self._classes = len(weights["acoustic_model.model.proj.bias"])

    def log_probabilities(self, samples: Samples) -> Array:
        """Natural logarithm of the probability of each class, shape ``(frames, classes)``.

        Args:
            samples: mono at `SAMPLE_RATE`; fewer than 201 samples give no frame.
        """
        if len(samples) <= _WINDOW // 2:
            return np.zeros((0, self._classes), np.float32)
        padded = np.pad(np.asarray(samples, np.float32), _WINDOW // 2, mode="reflect")
        frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
        result: Array = self._session.run(None, {"frames": np.ascontiguousarray(frames[np.newaxis])})[0][0]
        return result


def _open(model: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # One thread: Whisper listens to the same take meanwhile.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
