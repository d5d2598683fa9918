"""Encodes samples into audio files and streams, piece by piece, so that no result is ever held whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol

import numpy as np

from speech.audio.tags import checked_tags
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
        highest_bit_rate: that the encoder takes for one channel.
        engine_tag: the container's own name for the tag ``engine``.
        options: of FFmpeg's muxer.
    """

    suffix: str
    media_type: str
    container: str
    codec: str
    sample_format: str
    bit_rate: int = 0
    highest_bit_rate: int = 320_000
    engine_tag: str = "encoded_by"
    options: Mapping[str, str] = field(default_factory=dict)


FORMATS = {
    "wav": AudioFormat(".wav", "audio/wav", "wav", "pcm_s16le", "s16"),
    # 160 kbit/s is the most that MPEG-2 Layer III, the MP3 of 24 kHz audio, allows.
    "mp3": AudioFormat(".mp3", "audio/mpeg", "mp3", "libmp3lame", "fltp", 160_000),
    "flac": AudioFormat(".flac", "audio/flac", "flac", "flac", "s16"),
    "opus": AudioFormat(".opus", "audio/ogg", "ogg", "libopus", "flt", 96_000, highest_bit_rate=256_000),
    # With FFmpeg's usual clock of 1000 ticks a second the length of the file would be rounded to milliseconds.
    "aac": AudioFormat(
        ".m4a",
        "audio/mp4",
        "ipod",
        "aac",
        "fltp",
        160_000,
        engine_tag="encoding_tool",
        options={"movie_timescale": "48000"},
    ),
}
"""Formats by the name that requests use."""

BIT_RATES: Final = (8_000, 320_000)
"""Bits per second that may be asked for."""

BLOCK = 24_000
"""Samples handed to the encoder at a time; bounds the memory of one call."""


class ByteSink(Protocol):
    """Takes encoded bytes and cannot be rewound."""

    def write(self, data: bytes) -> int:
        """Take all of `data`; gives back how many bytes that were."""
        ...


class AudioEncoder:
    """Encodes mono samples into a file or a stream of bytes.

    Args:
        target: path of a file to create, or where the bytes go.
        spec: format to make.
        sample_rate: in Hz; one that all encoders accept (24 000 and 48 000 do).
        metadata: by the container's own names.
        bit_rate: bits per second of a lossy format within `BIT_RATES`, of which its encoder takes the nearest it
            has at this sample rate; ``None`` for the format's own.

    Raises:
        ValueError: a bit rate out of range.
    """

    def __init__(
        self,
        target: str | ByteSink,
        spec: AudioFormat,
        sample_rate: int,
        metadata: Mapping[str, str] | None = None,
        bit_rate: int | None = None,
    ) -> None:
        import av

        self._format = spec
        self._rate = sample_rate
        self._position = 0
        rate = _bit_rate(bit_rate, spec)
        self._container: Any = av.open(target, "w", format=spec.container, options=dict(spec.options))
        self._stream: Any = self._container.add_stream(spec.codec, rate=sample_rate, layout="mono")
        if rate:
            self._stream.bit_rate = rate
        # Of the file, also for Ogg: its muxer hands them on to the stream, where players of Opus look.
        self._container.metadata.update(metadata or {})
        self._begin()

    def _begin(self) -> None:
        """Write the file's head."""
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
            # LAME may end with a frame of padding alone, of which the head of the file would count that frame's only.
            if packet.duration or not packet.size:
                self._container.mux(packet)
        self._container.close()


class AudioFileWriter(AudioEncoder):
    """Encodes mono samples into one file.

    Used as a context manager: leaving it normally flushes the encoder's tail and closes the file; after an
    exception the file is closed and left as it is for the caller to remove.

    Args:
        path: file to create.
        format_name: key of `FORMATS`.
        sample_rate: as of `AudioEncoder`.
        tags: by name of `speech.audio.tags.TAG_NAMES`; made fit by `checked_tags`.
        bit_rate: as of `AudioEncoder`.

    Raises:
        ValueError: an unknown tag, a ``track`` that is no number, or a bit rate out of range.
    """

    def __init__(
        self,
        path: Path,
        format_name: str,
        sample_rate: int,
        tags: Mapping[str, str] | None = None,
        bit_rate: int | None = None,
    ) -> None:
        spec = FORMATS[format_name]
        names = {"engine": spec.engine_tag}
        metadata = {names.get(name, name): text for name, text in checked_tags(tags or {}).items()}
        super().__init__(str(path), spec, sample_rate, metadata, bit_rate)

    def __enter__(self) -> AudioFileWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._container.close()


def _bit_rate(asked: int | None, spec: AudioFormat) -> int:
    if asked is None or not spec.bit_rate:
        return spec.bit_rate
    if not BIT_RATES[0] <= asked <= BIT_RATES[1]:
        raise ValueError(f"The bit rate must be between {BIT_RATES[0]} and {BIT_RATES[1]}.")
    return min(asked, spec.highest_bit_rate)
