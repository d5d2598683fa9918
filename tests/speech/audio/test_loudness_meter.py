import numpy as np
import pytest

from speech.audio.loudness_meter import SILENT, measure
from speech.samples import Samples
from tests.speech.audio.meters import ffmpeg_loudness, pyloudnorm_loudness
from tests.speech.audio.sounds import RATE, noise, pieces, silence, tone, vowel

SOUNDS = {
    "noise": noise(5.0),
    "tone": tone(3.0),
    "voice": vowel(6.0, 120.0),
    "quiet": vowel(4.0, 200.0, 0.002),
    "pauses": pieces(vowel(3.0, 110.0), silence(4.0), vowel(2.0, 180.0)),
    "levels": pieces(vowel(6.0, 110.0, 0.02), vowel(6.0, 110.0, 0.2), vowel(6.0, 110.0, 0.06)),
    "clipped": np.clip(5 * vowel(3.0, 110.0), -1, 1).astype(np.float32),
    "half a second": vowel(0.5, 110.0),
}


@pytest.mark.parametrize("name", SOUNDS)
def test_agrees_with_two_other_meters(name: str) -> None:
    sound = SOUNDS[name]
    read = measure([sound], RATE)
    integrated, peak, loudness_range = ffmpeg_loudness(sound, RATE)
    assert read.integrated == pytest.approx(integrated, abs=0.1)
    assert read.integrated == pytest.approx(pyloudnorm_loudness(sound, RATE), abs=0.1)
    assert read.true_peak == pytest.approx(peak, abs=0.15)
    if read.seconds >= 4:  # of the one or two values that shorter sounds have, FFmpeg makes a range of 20 LU
        assert read.range_lu == pytest.approx(loudness_range, abs=0.7)
    assert read.seconds == len(sound) / RATE


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100, 48_000])
def test_other_rates(rate: int) -> None:
    sound = tone(4.0, 0.5, 997.0, rate)
    assert measure([sound], rate).integrated == pytest.approx(-6.02 - 3.01, abs=0.1)


@pytest.mark.parametrize("size", [1, 333, 24_000])
def test_blocks_make_no_difference(size: int) -> None:
    sound = SOUNDS["levels"][:30_000]
    blocks = (sound[start : start + size] for start in range(0, len(sound), size))
    assert measure(blocks, RATE) == measure([sound], RATE)


@pytest.mark.parametrize("seconds", [0.02, 0.1, 0.3, 0.399])
def test_shorter_than_a_block_is_as_loud_as_if_it_went_on(seconds: float) -> None:
    wave = tone(5.0, 0.5, 500.0)[RATE : RATE + round(seconds * RATE)]
    # A cut-off wave begins with a jump, which the filter's high-pass turns into a little more.
    assert measure([wave], RATE).integrated == pytest.approx(measure([tone(5.0, 0.5, 500.0)], RATE).integrated, abs=0.5)


@pytest.mark.parametrize("sound", [silence(0.0), silence(0.2), silence(3.0)])
def test_silence_has_no_loudness(sound: Samples) -> None:
    read = measure([sound], RATE)
    assert (read.integrated, read.true_peak, read.range_lu) == (SILENT, SILENT, 0.0)
    assert measure([noise(3.0, 1e-5)], RATE).integrated == SILENT
