"""Removes background noise with RNNoise, through the shared library that the package pyrnnoise carries.

Only the library is used, through ctypes: the package's own Python code rounds to 16 bits and imports a plotting and
two audio libraries. Valin, "A Hybrid DSP/Deep Learning Approach to Real-Time Full-Band Speech Enhancement", 2018.
"""

from __future__ import annotations

import ctypes
import importlib.util
from pathlib import Path

import numpy as np

from exceptions import InvalidRequestError
from speech.samples import Samples

RNNOISE_RATE = 48_000
FRAME = 480
"""Samples that RNNoise takes at a time; fixed in its source."""
DELAY = 960
"""Samples by which RNNoise 0.2 delays sound: one frame of overlap and one of look-ahead; measured, see the tests."""
LEAD_SECONDS = 0.5
"""Of the sound's own beginning, played backwards in front of it: RNNoise needs this long to know the noise."""

_FULL_SCALE = 32768.0
"""RNNoise's samples are floats in the range of 16-bit integers."""
_LIBRARIES = ("librnnoise.so", "librnnoise.dylib", "rnnoise.dll")


def available() -> bool:
    """Whether RNNoise is installed; there are builds for Linux, for Windows on x86-64 and for macOS from 15 on."""
    return _library_path() is not None


def denoise(samples: Samples, sample_rate: int) -> Samples:
    """Speech without its background noise, of the same length and aligned with the input to the sample.

    Args:
        samples: speech, shape ``(n,)``.
        sample_rate: in Hz; other rates than 48 000 are resampled there and back.

    Raises:
        InvalidRequestError: RNNoise is not installed or cannot be loaded on this machine.
    """
    import soxr

    library = _library()
    if len(samples) == 0:
        return samples
    wide: Samples = soxr.resample(samples, sample_rate, RNNOISE_RATE)
    lead = wide[1 : 1 + round(LEAD_SECONDS * RNNOISE_RATE)][::-1]
    clean = _run(library, np.concatenate([lead, wide]))[len(lead) :]
    narrow = soxr.resample(clean, RNNOISE_RATE, sample_rate)[: len(samples)]
    result: Samples = np.pad(narrow, (0, len(samples) - len(narrow)))
    return result


def _run(library: ctypes.CDLL, samples: Samples) -> Samples:
    """RNNoise over a sound at 48 kHz, its delay removed."""
    length = len(samples)
    frames = -(-(length + DELAY) // FRAME)
    work = np.zeros(frames * FRAME, dtype=np.float32)
    work[:length] = samples * np.float32(_FULL_SCALE)
    state = library.rnnoise_create(None)
    try:
        for start in range(0, len(work), FRAME):
            frame = work[start : start + FRAME].ctypes.data_as(ctypes.c_void_p)
            library.rnnoise_process_frame(state, frame, frame)
    finally:
        library.rnnoise_destroy(state)
    result: Samples = work[DELAY : DELAY + length] / np.float32(_FULL_SCALE)
    return result


def _library() -> ctypes.CDLL:
    path = _library_path()
    if path is None:
        raise InvalidRequestError("Noise removal needs RNNoise, which is not installed on this machine.")
    try:
        library = ctypes.CDLL(str(path))
    except OSError as error:
        raise InvalidRequestError("Noise removal needs RNNoise, which this machine cannot load.") from error
    library.rnnoise_create.argtypes = [ctypes.c_void_p]
    library.rnnoise_create.restype = ctypes.c_void_p
    library.rnnoise_destroy.argtypes = [ctypes.c_void_p]
    library.rnnoise_destroy.restype = None
    library.rnnoise_process_frame.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    library.rnnoise_process_frame.restype = ctypes.c_float
    return library


def _library_path() -> Path | None:
    spec = importlib.util.find_spec("pyrnnoise")  # finds the folder without running the package
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for name in _LIBRARIES:
            path = Path(folder, name)
            if path.is_file():
                return path
    return None
