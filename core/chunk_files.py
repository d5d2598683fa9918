"""Copies the finished result into one file for each of its chunks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from library.result_files import Place, Recording, ResultFiles
from speech.samples import Samples


class ChunkFiles:
    """A sink for the samples of a result from its first to its last; at most one chunk's files are open.

    Args:
        files: the result's.
        stem: name of the result; chunk files are called ``STEM_chunk001`` and so on.
        formats: of every file.
        sample_rate: in Hz.
        spans: first sample of each chunk and the one after its last, in order, without overlap.
        tags: of the result.
        generation: which result of the request, from 1.
    """

    def __init__(
        self,
        files: ResultFiles,
        stem: str,
        formats: Sequence[str],
        sample_rate: int,
        spans: Sequence[tuple[int, int]],
        tags: Mapping[str, str],
        generation: int,
    ) -> None:
        self._files = files
        self._stem = stem
        self._formats = formats
        self._rate = sample_rate
        self._spans = spans
        self._tags = tags
        self._generation = generation
        self._index = 0
        self._recording: Recording | None = None
        self._position = 0

    def write(self, samples: Samples) -> None:
        """Take the next samples of the result."""
        end = self._position + len(samples)
        while self._index < len(self._spans):
            first, last = self._spans[self._index]
            if first >= end:
                break
            begin = max(first, self._position)
            self._open().write(samples[begin - self._position : min(last, end) - self._position])
            if last > end:
                break
            self._close()
        self._position = end

    def close(self) -> None:
        """Finish the chunk under way."""
        if self._recording is not None:
            self._close()

    def _open(self) -> Recording:
        if self._recording is None:
            number = self._index + 1
            tags = {**self._tags, "track": str(number)}
            self._recording = self._files.audio(
                f"{self._stem}_chunk{number:03d}",
                self._formats,
                self._rate,
                tags,
                Place("chunk", self._generation, self._index),
            )
        return self._recording

    def _close(self) -> None:
        assert self._recording is not None
        self._recording.close()
        self._recording = None
        self._index += 1
