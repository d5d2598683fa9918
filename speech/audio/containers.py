"""Opens audio files of the kinds this service takes, by their content, and reads what their headers say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

SUFFIXES_BY_CONTAINER: Final = {
    "wav": (".wav",),
    "flac": (".flac",),
    "mp3": (".mp3",),
    "ogg": (".ogg", ".opus"),
    "mov,mp4,m4a,3gp,3g2,mj2": (".m4a",),
    "aac": (".aac",),
    "matroska,webm": (".webm",),
}
"""File name endings of each kind by FFmpeg's name of it, the usual one first."""

KINDS: Final = "WAV, FLAC, MP3, Ogg (Vorbis, Opus), M4A, AAC or WebM"

_OPTIONS: Final = {
    # Playlists and the like could make FFmpeg read other files and fetch addresses.
    "format_whitelist": ",".join(SUFFIXES_BY_CONTAINER),
    "protocol_whitelist": "file",
}


@dataclass(frozen=True)
class AudioHeader:
    """What the header of a file claims; damaged and made-up files claim anything.

    Attributes:
        container: key of `SUFFIXES_BY_CONTAINER`.
        sample_rate: in Hz.
        channels: number of them.
        seconds: length; ``None`` if it is not stated.
    """

    container: str
    sample_rate: int
    channels: int
    seconds: float | None


def open_audio(file: Path | IO[bytes]) -> Any:
    """An open PyAV container of a file by its path or of an open one, whatever its name says.

    Raises:
        av.error.FFmpegError: another kind of file, or damaged.
        OSError: the file cannot be read.
    """
    import av

    return av.open(str(file) if isinstance(file, Path) else file, mode="r", options=_OPTIONS)


def read_header(container: Any) -> AudioHeader:
    """Of the first audio stream.

    Raises:
        IndexError: there is none.
    """
    import av

    stream = container.streams.audio[0]
    seconds = None if container.duration is None else container.duration / av.time_base
    return AudioHeader(container.format.name, int(stream.rate or 0), int(stream.channels or 0), seconds)


def measure_length(path: Path) -> tuple[float, int] | None:
    """Length in seconds and sample rate as the header states them; ``None`` where it does not."""
    import av

    try:
        with open_audio(path) as container:
            header = read_header(container)
    except (av.error.FFmpegError, OSError, ValueError, IndexError):
        return None
    return None if header.seconds is None else (header.seconds, header.sample_rate)
