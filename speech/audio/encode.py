"""Writes samples into audio files, piece by piece, so that no result is ever held whole."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from speech.samples import Samples


@dataclass(frozen=True)
class AudioFormat:
    """One of the formats a caller may ask for.

    Attributes:
        suffix: file name ending with its dot.
        media_type: for the Content-Type header.
        container: FFmpeg's name of the file format.
        codec: FFmpeg's name of the encoder.
        sample_format: of the encoder's input.
        bit_rate: bits per second of lossy formats, 0 for lossless.
    """

    suffix: str
    media_type: str
    container: str
    codec: str
    sample_format: str
    bit_rate: int = 0


FORMATS = {
    "wav": AudioFormat(".wav", "audio/wav", "wav", "pcm_s16le", "s16"),
    # 160 kbit/s is the most that MPEG-2 Layer III, the MP3 of 24 kHz audio, allows.
    "mp3": AudioFormat(".mp3", "audio/mpeg", "mp3", "libmp3lame", "fltp", 160_000),
    "flac": AudioFormat(".flac", "audio/flac", "flac", "flac", "s16"),
    "opus": AudioFormat(".opus", "audio/ogg", "ogg", "libopus", "flt", 96_000),
    "aac": AudioFormat(".m4a", "audio/mp4", "ipod", "aac", "fltp", 160_000),
}
"""Formats by the name that requests use."""

BLOCK = 24_000
"""Samples handed to the encoder at a time; bounds the memory of one call."""


class AudioFileWriter:
    """Encodes mono samples into one file.

    Used as a context manager: leaving it normally flushes the encoder's tail and closes the file; after an
    exception the file is closed and left as it is for the caller to remove.

    Args:
        path: file to create.
        format_name: key of `FORMATS`.
        sample_rate: in Hz; one that all encoders accept (24 000 and 48 000 do).
    """

    def __init__(self, path: Path, format_name: str, sample_rate: int) -> None:
        import av

        self._format = FORMATS[format_name]
        self._rate = sample_rate
        self._position = 0
        self._container: Any = av.open(str(path), "w", format=self._format.container)
        self._stream: Any = self._container.add_stream(self._format.codec, rate=sample_rate, layout="mono")
        if self._format.bit_rate:
            self._stream.bit_rate = self._format.bit_rate
        self._container.start_encoding()

    def write(self, samples: Samples) -> None:
        """Append samples; values beyond full scale are clipped, not wrapped."""
        for start in range(0, len(samples), BLOCK):
            self._encode(np.clip(samples[start : start + BLOCK], -1.0, 1.0))

    def _encode(self, block: Samples) -> None:
        import av

        if self._format.sample_format == "s16":
            frame = av.AudioFrame.from_ndarray(
                np.round(block * 32767.0).astype(np.int16)[np.newaxis], format="s16", layout="mono"
            )
        else:
            frame = av.AudioFrame.from_ndarray(block[np.newaxis], format=self._format.sample_format, layout="mono")
        frame.sample_rate = self._rate
        frame.pts = self._position
        frame.time_base = Fraction(1, self._rate)
        self._position += len(block)
        for packet in self._stream.encode(frame):
            self._container.mux(packet)

    def close(self) -> None:
        """Flush the encoder and finish the file's headers."""
        for packet in self._stream.encode(None):
            self._container.mux(packet)
        self._container.close()

    def __enter__(self) -> AudioFileWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._container.close()
