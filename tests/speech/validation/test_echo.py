"""Sound that is said twice in a row."""

import numpy as np
import pytest

from speech.samples import Samples
from speech.validation.backend import SAMPLE_RATE
from speech.validation.echo import echo, repeats_itself


def babble(length: float, seed: int) -> Samples:
    """Noise whose spectrum changes every 60 ms, as speech does."""
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(int(length / 0.06)):
        spectrum = np.fft.rfft(rng.standard_normal(int(0.06 * SAMPLE_RATE)))
        envelope = np.interp(np.linspace(0, 1, spectrum.size), np.linspace(0, 1, 8), 10 ** rng.uniform(-2, 0, 8))
        parts.append(np.fft.irfft(spectrum * envelope))
    return np.concatenate(parts).astype(np.float32)


@pytest.mark.parametrize("start", [0.3, 0.9])
@pytest.mark.parametrize("length", [0.15, 0.4])
def test_a_doubled_stretch_stands_out(start: float, length: float) -> None:
    plain = babble(1.8, seed=3)
    a, b = int(start * SAMPLE_RATE), int((start + length) * SAMPLE_RATE)
    doubled = np.concatenate((plain[:b], plain[a:]))

    assert echo(doubled) > 1.5
    assert echo(doubled) > echo(plain) + 1.0


def test_short_audio_has_no_echo() -> None:
    assert echo(np.zeros(100, np.float32)) < 0
    assert echo(np.zeros(0, np.float32)) < 0


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("in twenty twenty-five", True),
        ("again and again and again", True),
        ("No, no.", True),
        ("it is what it is", False),
        ("", False),
    ],
)
def test_texts_that_repeat_themselves(text: str, answer: bool) -> None:
    assert repeats_itself(text, "en") is answer
