"""Recordings for tests: sounds with the pauses and the noise of speech, in files and as uploads."""

import io
from pathlib import Path

import av
import numpy as np
import soundfile

from speech.samples import Samples

RATE = 24_000


def speechlike(seconds: float = 12.0, *, noise: float = 1e-4, level: float = 0.2, seed: int = 0) -> Samples:
    """Syllables of a buzzing voice with pauses between them; `noise` is heard all the time."""
    random = np.random.default_rng(seed)
    clock = np.arange(int(seconds * RATE)) / RATE
    buzz = sum(np.sin(2 * np.pi * 120 * harmonic * clock) / harmonic for harmonic in range(1, 80))
    talking = (np.sin(2 * np.pi * 3 * clock) > -0.6) & (np.sin(2 * np.pi * 0.4 * clock) > -0.8)
    sound = level * buzz / np.abs(buzz).max() * talking + noise * random.standard_normal(len(clock))
    return np.clip(sound, -1, 1).astype(np.float32)


def wav_bytes(sound: Samples | None = None, rate: int = RATE) -> bytes:
    """A WAV file."""
    buffer = io.BytesIO()
    soundfile.write(buffer, speechlike(1.0) if sound is None else sound, rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def encoded(sound: Samples, container: str, codec: str, path: Path, **options: str) -> Path:
    """A file of any kind that FFmpeg writes; `options` are those of the container."""
    with av.open(str(path), "w", format=container, options=options) as output:
        stream = output.add_stream(codec, rate=RATE)
        stream.layout = "mono"
        resampler = av.AudioResampler(stream.format.name, "mono", RATE, stream.codec_context.frame_size or 1024)
        frame = av.AudioFrame.from_ndarray(sound.reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate = RATE
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            output.mux(stream.encode(piece))
        output.mux(stream.encode(None))
    return path
