"""Synthetic sounds for tests of the finishing steps."""

import numpy as np

from speech.samples import Samples

RATE = 24_000


def tone(seconds: float, level: float = 0.5, pitch: float = 220.0, rate: int = RATE) -> Samples:
    """A sine that starts and ends at zero over 5 ms."""
    count = round(seconds * rate)
    sound = level * np.sin(2 * np.pi * pitch * np.arange(count) / rate)
    fade = min(rate // 200, count // 2)
    if fade:
        ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(fade) / fade)
        sound[:fade] *= ramp
        sound[-fade:] *= ramp[::-1]
    samples: Samples = sound.astype(np.float32)
    return samples


def noise(seconds: float, level: float = 0.1, seed: int = 0) -> Samples:
    """White noise of the given root mean square."""
    generator = np.random.default_rng(seed)
    return (level * generator.standard_normal(round(seconds * RATE))).astype(np.float32)


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), dtype=np.float32)


def pieces(*sounds: Samples) -> Samples:
    """Sounds one after the other."""
    return np.concatenate(sounds).astype(np.float32)


def vowel(seconds: float, pitch: float, level: float = 0.2) -> Samples:
    """A voiced sound: a pulse train of slowly moving pitch through three resonances."""
    count = round(seconds * RATE)
    moments = np.arange(count) / RATE
    pitches = pitch * (1 + 0.06 * np.sin(2 * np.pi * 0.7 * moments))
    phase = 2 * np.pi * np.cumsum(pitches) / RATE
    sound = np.zeros(count)
    for harmonic in range(1, int(5000 / pitch)):
        frequency = harmonic * pitch
        gain = sum(1 / (1 + ((frequency - centre) / width) ** 2) for centre, width in FORMANTS) / harmonic**0.5
        sound += gain * np.sin(harmonic * phase)
    rhythm = 0.55 + 0.45 * np.sin(2 * np.pi * 3 * moments)
    sound *= rhythm / np.sqrt(np.mean(sound**2)) * level
    return sound.astype(np.float32)


FORMANTS = ((700.0, 90.0), (1200.0, 110.0), (2600.0, 160.0))


def step(samples: Samples) -> float:
    """Greatest jump from one sample to the next: what a click is."""
    return float(np.abs(np.diff(samples)).max())
