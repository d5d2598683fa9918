from pathlib import Path

import numpy as np
import pytest

from exceptions import ModelLoadError
from speech.samples import Samples
from speech.speakers.encoder import SpeakerEncoder, similarity

RATE = 16_000


def voice(pitch: float, formant: float, seconds: float = 4.0, rate: int = RATE) -> Samples:
    """Something like a vowel: a pulse train through one resonance, in syllables."""
    clock = np.arange(int(seconds * rate)) / rate
    phase = 2 * np.pi * pitch * clock
    tones = [np.exp(-(((k * pitch - formant) / 400.0) ** 2)) * np.sin(k * phase) for k in range(1, int(3500 / pitch))]
    syllables = 0.6 + 0.4 * np.sin(2 * np.pi * 3 * clock)
    return (0.1 * syllables * np.sum(tones, axis=0)).astype(np.float32)


@pytest.fixture(scope="module")
def encoder() -> SpeakerEncoder:
    return SpeakerEncoder()


def test_embeddings_have_length_one_and_tell_sounds_apart(encoder: SpeakerEncoder) -> None:
    low, again, high = voice(110, 700), voice(110, 700, 6.0), voice(230, 1200)
    one, same, other = (encoder.embed(sound, RATE) for sound in (low, again, high))
    assert one is not None and same is not None and other is not None
    assert np.linalg.norm(one) == pytest.approx(1.0, abs=1e-5) and one.shape == (256,)
    assert similarity(one, same) > 0.97
    assert similarity(one, other) < 0.85


def test_rate_and_pauses_hardly_matter(encoder: SpeakerEncoder) -> None:
    plain = encoder.embed(voice(140, 800), RATE)
    assert plain is not None
    paused = np.concatenate([voice(140, 800, 2.0), np.zeros(RATE, np.float32), voice(140, 800, 2.0)])
    for sound, rate in ((voice(140, 800, rate=24_000), 24_000), (paused, RATE)):
        found = encoder.embed(sound, rate)
        assert found is not None
        assert similarity(plain, found) > 0.95


def test_quiet_recordings_are_raised(encoder: SpeakerEncoder) -> None:
    quiet, whispered = (encoder.embed(gain * voice(140, 800), RATE) for gain in (0.1, 0.02))
    assert quiet is not None and whispered is not None
    assert similarity(quiet, whispered) > 0.999


@pytest.mark.parametrize("samples", [np.zeros(0, np.float32), np.zeros(RATE, np.float32), np.ones(100, np.float32)])
def test_what_has_no_sound_has_no_voice(encoder: SpeakerEncoder, samples: Samples) -> None:
    assert encoder.embed(samples, RATE) is None


def test_damaged_weights_are_named(tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    path.write_bytes(b"damaged")
    with pytest.raises(ModelLoadError, match="damaged"):
        SpeakerEncoder(path).embed(voice(110, 700), RATE)
