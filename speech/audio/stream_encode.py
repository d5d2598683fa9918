"""Encodes samples into the bytes of one valid file of unknown length, piece by piece."""

from __future__ import annotations

import struct
from typing import Protocol

import numpy as np

from speech.audio.encode import FORMATS, AudioEncoder, AudioFormat
from speech.samples import Samples

UNKNOWN_LENGTH = 0xFFFFFFFF
"""In a WAV header: read until the stream ends."""

_CODECS = {
    # A Xing header would tell a length that is not known yet, and players would stop there.
    "mp3": AudioFormat(
        ".mp3", "audio/mpeg", "mp3", "libmp3lame", "fltp", FORMATS["mp3"].bit_rate,
        options={"write_xing": "0", "id3v2_version": "0"},
    ),
    "flac": FORMATS["flac"],
    # A page of Ogg leaves when it is full; with FFmpeg's usual second, a short word would wait for the next one.
    "opus": AudioFormat(
        ".opus", "audio/ogg", "ogg", "libopus", "flt", FORMATS["opus"].bit_rate, options={"page_duration": "100000"}
    ),
    # In ADTS, since an MP4 file begins with what is known at its end.
    "aac": AudioFormat(".aac", "audio/aac", "adts", "aac", "fltp", FORMATS["aac"].bit_rate),
}  # fmt: skip

STREAM_TYPES = {"wav": "audio/wav", "pcm": "audio/pcm", **{name: spec.media_type for name, spec in _CODECS.items()}}
"""Media types of the formats that can be played while they arrive. ``pcm`` is 16-bit little-endian, without header."""


class StreamEncoder(Protocol):
    """Gives bytes for samples; what all calls gave, joined, is one file."""

    def encode(self, samples: Samples) -> bytes:
        """Bytes that are ready after these samples; a codec holds some tens of milliseconds back."""
        ...

    def finish(self) -> bytes:
        """What was held back, and the file's end."""
        ...


def stream_encoder(format_name: str, sample_rate: int) -> StreamEncoder:
    """The encoder of a key of `STREAM_TYPES`, for mono samples at a rate that all of them take, such as 24 000 Hz."""
    if format_name in _CODECS:
        return _CodecStream(_CODECS[format_name], sample_rate)
    return _SampleStream(_wav_header(sample_rate) if format_name == "wav" else b"")


def _wav_header(sample_rate: int) -> bytes:
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, sample_rate, 2 * sample_rate, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", UNKNOWN_LENGTH, b"WAVE") + form + struct.pack("<4sI", b"data", UNKNOWN_LENGTH)


class _SampleStream:
    """16-bit samples behind a header."""

    def __init__(self, header: bytes) -> None:
        self._header = header

    def encode(self, samples: Samples) -> bytes:
        header, self._header = self._header, b""
        body: bytes = np.round(np.clip(samples, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()
        return header + body

    def finish(self) -> bytes:
        return self._header


class _CodecStream:
    """A codec of FFmpeg writing into memory that is emptied after each call."""

    def __init__(self, spec: AudioFormat, sample_rate: int) -> None:
        self._written = _Written()
        self._encoder = AudioEncoder(self._written, spec, sample_rate)

    def encode(self, samples: Samples) -> bytes:
        self._encoder.write(samples)
        return self._written.take()

    def finish(self) -> bytes:
        self._encoder.close()
        return self._written.take()


class _Written:
    """Without `seek`, by which the container learns that nothing can be changed later."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)
