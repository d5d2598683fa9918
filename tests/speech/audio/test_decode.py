"""Recordings in any form become mono samples, and what is no recording is named."""

from pathlib import Path

import numpy as np
import pytest

from exceptions import InvalidRequestError
from speech.audio.decode import decode
from speech.audio.encode import AudioFileWriter

RATE = 24_000
TONE = (0.3 * np.sin(2 * np.pi * 220 * np.arange(2 * RATE) / RATE)).astype(np.float32)


def write(path: Path, name: str) -> None:
    with AudioFileWriter(path, name, RATE) as writer:
        writer.write(TONE)


@pytest.fixture(params=["wav", "flac", "mp3", "opus", "aac"])
def recording(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"tone.{request.param}"
    write(path, request.param)
    return path


def pitch(samples: np.ndarray, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))


@pytest.mark.parametrize("rate", [16_000, 24_000, 44_100])
def test_every_form_comes_out_at_the_rate_that_was_asked(recording: Path, rate: int) -> None:
    samples = decode(recording, rate, 60)

    assert samples.dtype == np.float32
    assert len(samples) / rate == pytest.approx(2.0, abs=0.1)
    assert pitch(samples, rate) == pytest.approx(220, abs=1)


def test_no_more_is_read_than_asked(recording: Path) -> None:
    assert len(decode(recording, RATE, 0.5)) == RATE // 2


@pytest.mark.parametrize("content", [b"", b"hello, this is no audio", bytes(4_000)])
def test_what_is_no_audio_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "voice.wav"
    path.write_bytes(content)

    with pytest.raises(InvalidRequestError, match=r"voice\.wav"):
        decode(path, RATE, 10)


def test_a_recording_that_breaks_off_gives_what_there_is(tmp_path: Path) -> None:
    path = tmp_path / "voice.flac"
    write(path, "flac")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    assert 0 < len(decode(path, RATE, 10)) < len(TONE)
