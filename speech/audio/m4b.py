"""Writes audiobooks: one M4B file with chapters and a cover."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal

from speech.audio.encode import AudioEncoder, AudioFormat
from speech.audio.tags import checked_tags

M4B: Final = AudioFormat(
    ".m4b",
    "audio/mp4",
    "mp4",
    "aac",
    "fltp",
    64_000,
    engine_tag="encoding_tool",
    # The index at the front lets a player begin before it has the whole file.
    options={"movie_timescale": "48000", "brand": "M4B ", "movflags": "+faststart"},
)
"""64 kbit/s AAC: what shops deliver mono speech in."""


@dataclass(frozen=True)
class CoverPicture:
    """A picture on the front."""

    data: bytes
    kind: Literal["png", "jpeg"]


@dataclass(frozen=True)
class ChapterMark:
    """A chapter from its first sample to the one after its last."""

    title: str
    start: int
    end: int


class M4bWriter(AudioEncoder):
    """Encodes a book; used like `AudioFileWriter`, its `chapters` may be filled until it is closed.

    Args:
        path: file to create.
        sample_rate: in Hz.
        tags: as of `AudioFileWriter`.
        cover: if there is one.
    """

    def __init__(
        self, path: Path, sample_rate: int, tags: Mapping[str, str], cover: CoverPicture | None = None
    ) -> None:
        self.chapters: list[ChapterMark] = []
        self._cover = cover
        metadata = {M4B.engine_tag if name == "engine" else name: text for name, text in checked_tags(tags).items()}
        super().__init__(str(path), M4B, sample_rate, {**metadata, "genre": "Audiobook"})

    def _begin(self) -> None:
        if self._cover is None:
            self._container.start_encoding()
            return
        import av
        from av.stream import Disposition

        codec = {"png": "png", "jpeg": "mjpeg"}[self._cover.kind]
        stream: Any = self._container.add_mux_stream(codec, width=1, height=1)
        stream.time_base = Fraction(1, 90_000)
        stream.disposition = Disposition.attached_pic
        self._container.start_encoding()
        packet: Any = av.Packet(self._cover.data)
        packet.stream, packet.pts, packet.dts, packet.time_base = stream, 0, 0, stream.time_base
        packet.is_keyframe = True
        self._container.mux(packet)

    def close(self) -> None:
        """Write the chapters, flush the encoder and finish the file's headers."""
        base = Fraction(1, self._rate)
        marks: list[dict[str, Any]] = [
            {"id": n, "start": mark.start, "end": mark.end, "time_base": base, "metadata": {"title": mark.title}}
            for n, mark in enumerate(self.chapters)
        ]
        self._container.set_chapters(marks)
        super().close()

    def __enter__(self) -> M4bWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._container.close()
