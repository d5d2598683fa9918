"""Reads any audio file that FFmpeg's libraries know into mono samples, within a bound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from exceptions import InvalidRequestError
from speech.samples import Samples

SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac")
"""Of files that are taken for recordings."""


def decode(path: Path, sample_rate: int, longest: float, field: str = "voice") -> Samples:
    """The first audio stream as mono float32; channels are averaged.

    Args:
        path: of the file.
        sample_rate: of the result, in Hz.
        longest: seconds to read; what comes later is left out.
        field: of the request, for the error.

    Raises:
        InvalidRequestError: the file holds no audio, or is damaged from its first sound on.
    """
    import av

    most = int(longest * sample_rate)
    parts: list[Samples] = []
    try:
        with av.open(str(path)) as container:
            _read(container, av.AudioResampler("flt", "mono", sample_rate), most, parts)
    except (av.error.FFmpegError, OSError, ValueError, IndexError) as error:
        # A recording that breaks off is worth what came before.
        if not parts:
            raise InvalidRequestError(f"{path.name} holds no audio that can be read.", field=field) from error
    return np.concatenate(parts)[:most] if parts else np.zeros(0, np.float32)


def _read(container: Any, resampler: Any, most: int, parts: list[Samples]) -> None:
    count = 0
    for frame in container.decode(container.streams.audio[0]):
        for piece in resampler.resample(frame):
            parts.append(piece.to_ndarray().ravel().astype(np.float32, copy=False))
            count += len(parts[-1])
        if count >= most:
            return
    parts += [piece.to_ndarray().ravel().astype(np.float32, copy=False) for piece in resampler.resample(None)]
