"""A short sound as a WAV file in memory."""

from __future__ import annotations

import io
import wave

import numpy as np

from speech.samples import Samples


def wav_bytes(samples: Samples, sample_rate: int) -> bytes:
    """Mono, 16 bit."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(np.round(np.clip(samples, -1.0, 1.0) * 32767.0).astype("<i2").tobytes())
    return buffer.getvalue()
