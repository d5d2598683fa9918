"""Reading the tone engine's audio back: which voice spoke, which chunks, in which order."""

from pathlib import Path

import av
import numpy as np

from speech.engines.tone import CHUNK_BAND, VOICE_PITCHES
from speech.samples import Samples


def decode(path: Path | str) -> tuple[Samples, int]:
    """All samples of an audio file as mono float, and its rate."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler("flt", "mono", stream.rate)
        blocks = [part.to_ndarray()[0] for frame in container.decode(audio=0) for part in resampler.resample(frame)]
        blocks += [part.to_ndarray()[0] for part in resampler.resample(None)]
        return np.concatenate(blocks).astype(np.float32), stream.rate


def strongest(samples: Samples, rate: int, low: float, high: float) -> float:
    """Frequency in Hz with the most energy between `low` and `high`."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), max(len(samples), rate)))
    frequencies = np.fft.rfftfreq(max(len(samples), rate), 1 / rate)
    inside = (frequencies >= low) & (frequencies <= high)
    return float(frequencies[inside][np.argmax(spectrum[inside])])


def voice_of(samples: Samples, rate: int) -> str:
    """Name of the tone voice."""
    pitch = strongest(samples, rate, 150, 1200)
    return min(VOICE_PITCHES, key=lambda name: abs(VOICE_PITCHES[name] - pitch))


def chunk_pitch_of(samples: Samples, rate: int) -> float:
    """The pitch that marks a chunk's text, to the nearest 10 Hz."""
    return round(strongest(samples, rate, CHUNK_BAND[0] - 5, CHUNK_BAND[1] + 5) / 10) * 10.0
