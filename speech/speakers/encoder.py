"""A speaker encoder: speech in, one vector out that lies near those of the same voice.

Resemblyzer's network (Apache-2.0), the encoder of Wan, Wang, Papir and Moreno, "Generalized end-to-end loss for
speaker verification", ICASSP 2018, as an ONNX file that ``benchmarks/speaker_encoder.py`` wrote.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Final

import numpy as np

from exceptions import ModelLoadError
from speech.samples import Embedding, Samples
from speech.speakers.features import FRAMES_PER_SECOND, mel_frames, speech_only
from speech.weights import file_sha256

WINDOW: Final = 160
"""Frames the network hears at once (1.6 s), as it was trained."""
NETWORK: Final = Path(__file__).parent / "data" / "resemblyzer.onnx"

_SHA256: Final = "71f74fa290b208229b5c92af50c658331bd6058c02a9e7f392dcd4857ceb8b34"
_WINDOWS_PER_SECOND: Final = 1.3
_BATCH: Final = 128
"""Windows computed together; bounds the memory for long recordings."""


class SpeakerEncoder:
    """Embeds voices; thread-safe, reads its network (5.7 MB) at the first use.

    Args:
        path: of the network.
    """

    def __init__(self, path: Path = NETWORK) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._session: Any = None

    def embed(self, samples: Samples, sample_rate: int) -> Embedding | None:
        """The voice in a recording: the mean over windows of 1.6 s, silence left out.

        Args:
            samples: mono, shape ``(n,)``.
            sample_rate: in Hz.

        Returns:
            ``None`` where there is no sound.

        Raises:
            ModelLoadError: the network is missing or damaged.
        """
        speech = speech_only(samples, sample_rate)
        if len(speech) == 0:
            return None
        session = self._loaded()
        windows = _windows(mel_frames(speech))
        parts = [windows[first : first + _BATCH] for first in range(0, len(windows), _BATCH)]
        vectors = [session.run(None, {"windows": part})[0] for part in parts]
        mean = np.concatenate(vectors).mean(axis=0)
        embedding: Embedding = mean / np.linalg.norm(mean)
        return embedding

    def _loaded(self) -> Any:
        with self._lock:
            if self._session is None:
                if file_sha256(self._path) != _SHA256:
                    raise ModelLoadError("The shipped speaker encoder is damaged. Install the program again.")
                # One thread: the steps of the recurrence are too small to share, and sharing them is far slower.
                self._session = _open(self._path)
            return self._session


def similarity(one: Embedding, other: Embedding) -> float:
    """Cosine of two embeddings: on clips of other speakers 0.62 on average, of one speaker in one reading about 0.9."""
    return float(one @ other)


def _open(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _windows(frames: Samples) -> Samples:
    """Overlapping windows, shape ``(windows, WINDOW, mels)``; a shorter recording is filled up with silence."""
    if len(frames) < WINDOW:
        frames = np.pad(frames, ((0, WINDOW - len(frames)), (0, 0)))
    step = round(FRAMES_PER_SECOND / _WINDOWS_PER_SECOND)
    return np.stack([frames[first : first + WINDOW] for first in range(0, len(frames) - WINDOW + 1, step)])
