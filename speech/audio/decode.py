"""Reads any audio file that FFmpeg's libraries know into mono samples, within a bound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np

from exceptions import InvalidRequestError
from speech.audio.containers import open_audio
from speech.samples import Samples

AudioFile: TypeAlias = Path | IO[bytes]
"""A file by its path, or opened and seekable."""

SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac", ".webm")
"""Of files that are taken for recordings."""


class UnreadableAudioError(InvalidRequestError):
    """A file holds no audio, or is damaged from here on."""


@dataclass(frozen=True)
class AudioFacts:
    """What a header says, true or not: Hz, number of channels, and the length where it says one."""

    sample_rate: int
    channels: int
    seconds: float | None


def probe(file: AudioFile, field: str) -> AudioFacts:
    """Read the header alone.

    Raises:
        UnreadableAudioError: the file holds no audio.
    """
    import av

    try:
        with _opened(file) as container:
            stream = container.streams.audio[0]
            return AudioFacts(stream.rate, stream.channels, _seconds_of(container))
    except (av.error.FFmpegError, OSError, ValueError, IndexError) as error:
        raise _unreadable(file, "holds no audio that can be read", field) from error


def decode(file: AudioFile, sample_rate: int, longest: float, field: str = "voice") -> Samples:
    """The first audio stream as mono float32; channels are averaged.

    Args:
        file: to read.
        sample_rate: of the result, in Hz.
        longest: seconds to read; what comes later is left out.
        field: of the request, for the error.

    Raises:
        InvalidRequestError: the file holds no audio, or is damaged from its first sound on.
    """
    most = int(longest * sample_rate)
    parts: list[Samples] = []
    count = 0
    try:
        for block in decode_blocks(file, sample_rate, field):
            parts.append(block)
            count += len(block)
            if count >= most:
                break
    except InvalidRequestError:
        # A recording that breaks off is worth what came before.
        if not parts:
            raise
    return np.concatenate(parts)[:most] if parts else np.zeros(0, np.float32)


def decode_blocks(file: AudioFile, sample_rate: int, field: str) -> Iterator[Samples]:
    """As `decode`, block by block, so that hours take no more memory than seconds.

    Raises:
        UnreadableAudioError: the file holds no audio, or is damaged where the iteration has come to.
    """
    import av

    position = 0
    try:
        with _opened(file) as container:
            resampler = av.AudioResampler("flt", "mono", sample_rate)
            for frame in container.decode(container.streams.audio[0]):
                for piece in resampler.resample(frame):
                    block = piece.to_ndarray().ravel().astype(np.float32, copy=False)
                    position += len(block)
                    yield block
            for piece in resampler.resample(None):
                yield piece.to_ndarray().ravel().astype(np.float32, copy=False)
    except (av.error.FFmpegError, OSError, ValueError, IndexError) as error:
        where = f"is damaged at {position / sample_rate:.1f} s" if position else "holds no audio that can be read"
        raise _unreadable(file, where, field) from error


def stated_seconds(file: AudioFile) -> float | None:
    """Length of a file as its header states it; ``None`` where it does not, or cannot be read."""
    import av

    try:
        with _opened(file) as container:
            return _seconds_of(container)
    except (av.error.FFmpegError, OSError, ValueError):
        return None


def _seconds_of(container: Any) -> float | None:
    import av

    return None if container.duration is None else container.duration / av.time_base


def _unreadable(file: AudioFile, how: str, field: str) -> UnreadableAudioError:
    name = file.name if isinstance(file, Path) else "The uploaded file"
    return UnreadableAudioError(f"{name} {how}.", field=field)


def _opened(file: AudioFile) -> Any:
    if not isinstance(file, Path):
        file.seek(0)
    return open_audio(file)
