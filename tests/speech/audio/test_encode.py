from pathlib import Path

import numpy as np
import pytest

from speech.audio.encode import FORMATS, AudioFileWriter
from tests.support.tones import decode, strongest

RATE = 24_000
SOUND = (0.4 * np.sin(2 * np.pi * 440 * np.arange(int(2.3457 * RATE)) / RATE)).astype(np.float32)
LOSSLESS = {"wav", "flac"}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("block", [997, 24_000, len(SOUND)])
def test_every_format_keeps_length_and_sound(tmp_path: Path, name: str, block: int) -> None:
    path = tmp_path / f"sound{FORMATS[name].suffix}"
    with AudioFileWriter(path, name, RATE) as writer:
        for start in range(0, len(SOUND), block):
            writer.write(SOUND[start : start + block])
    samples, rate = decode(path)
    if name in LOSSLESS:
        assert len(samples) == len(SOUND)
        assert np.abs(samples - SOUND).max() <= 1 / 32767
    else:
        # AAC pads its last frame of 1024 samples; players read the true length from the container.
        assert len(samples) / rate == pytest.approx(len(SOUND) / RATE, abs=1024 / RATE)
    assert strongest(samples, rate, 100, 1000) == pytest.approx(440, abs=1)


@pytest.mark.parametrize("name", FORMATS)
def test_too_loud_is_clipped_not_wrapped(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"loud{FORMATS[name].suffix}"
    with AudioFileWriter(path, name, RATE) as writer:
        writer.write((3 * SOUND / 0.4).astype(np.float32))
    samples, _ = decode(path)
    steps = np.abs(np.diff(samples[2000:-2000]))
    assert steps.max() < 0.8


def test_a_file_without_samples_is_still_a_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.wav"
    with AudioFileWriter(path, "wav", RATE):
        pass
    assert path.stat().st_size >= 44
