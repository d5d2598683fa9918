import ctypes
import sys
from pathlib import Path

import numpy as np
import pytest

from exceptions import InvalidRequestError
from speech.audio import denoise as module
from speech.audio.denoise import available, denoise
from speech.samples import Samples
from tests.speech.audio.sounds import RATE, noise, pieces, silence, tone, vowel

needs_rnnoise = pytest.mark.skipif(not available(), reason="RNNoise has no build for this machine")


def level(samples: Samples) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(samples.astype(np.float64) ** 2)) + 1e-12))


def lag(before: Samples, after: Samples) -> int:
    """Samples by which `after` comes later, at most 200."""
    middle = slice(2000, len(before) - 2000)
    products = [float(before[middle] @ np.roll(after, -shift)[middle]) for shift in range(-200, 201)]
    return int(np.argmax(products)) - 200


SPEECH_LIKE = pieces(vowel(1.2, 120.0), silence(0.8), vowel(1.2, 150.0), silence(0.6))
PAUSES = (slice(round(1.4 * RATE), round(1.9 * RATE)), slice(round(3.4 * RATE), round(3.7 * RATE)))


@needs_rnnoise
@pytest.mark.parametrize("rate", [16_000, 22_050, 24_000, 48_000])
@pytest.mark.parametrize("cut", [0, 1, 333])
def test_same_length_and_aligned_to_the_sample(rate: int, cut: int) -> None:
    source = SPEECH_LIKE[: len(SPEECH_LIKE) - cut]
    result = denoise(source, rate)
    assert result.dtype == np.float32
    assert len(result) == len(source)
    assert lag(source, result) == 0


@needs_rnnoise
def test_clean_speech_keeps_its_level() -> None:
    assert level(denoise(SPEECH_LIKE, RATE)) == pytest.approx(level(SPEECH_LIKE), abs=1.0)


@needs_rnnoise
def test_noise_in_pauses_is_lowered_from_the_first_moment_on() -> None:
    noisy = SPEECH_LIKE + noise(len(SPEECH_LIKE) / RATE, 0.2 * 10 ** (-10 / 20))
    result = denoise(noisy, RATE)
    for pause in PAUSES:
        assert level(noisy[pause]) - level(result[pause]) > 10
    only_noise = noise(1.0, 0.05)
    assert level(only_noise[: RATE // 10]) - level(denoise(only_noise, RATE)[: RATE // 10]) > 10


@needs_rnnoise
@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.03])
def test_short_sounds(seconds: float) -> None:
    assert len(denoise(tone(seconds), RATE)) == round(seconds * RATE)


@needs_rnnoise
def test_calls_do_not_know_each_other() -> None:
    first = denoise(SPEECH_LIKE, RATE)
    denoise(noise(1.0, 0.3), RATE)
    assert np.array_equal(denoise(SPEECH_LIKE, RATE), first)


@needs_rnnoise
def test_the_package_itself_is_not_imported() -> None:
    denoise(tone(0.1), RATE)
    assert "pyrnnoise" not in sys.modules


def test_without_rnnoise_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    assert not available()
    with pytest.raises(InvalidRequestError, match="not installed"):
        denoise(tone(0.1), RATE)


def test_a_library_that_cannot_be_loaded_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "librnnoise.so"
    broken.write_bytes(b"no library")
    monkeypatch.setattr(module, "_library_path", lambda: broken)
    with pytest.raises(InvalidRequestError, match="cannot load"):
        denoise(tone(0.1), RATE)
    with pytest.raises(OSError, match=r"\S"):
        ctypes.CDLL(str(broken))
