"""Trims the silence at both ends of a whole result that is only seen block by block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from exceptions import InvalidRequestError
from speech.audio.blocks import windows
from speech.audio.edges import FADE_SECONDS, FRAME_SECONDS, QUIET_BELOW_PEAK_DB, frame_levels
from speech.audio.timeline import TimeMap
from speech.samples import Samples

THRESHOLD_MS = 200
SHORTEST_THRESHOLD_MS = 50
LONGEST_THRESHOLD_MS = 1000
LEFT_SECONDS = 0.05
"""Left of a silence that is cut: the release of a final plosive lasts 30 to 40 ms."""

_STEP = 10 ** (0.01 / 20)
"""Levels nearer to each other than 0.01 dB count as one, which bounds the candidates to 40 dB / 0.01 dB."""
_FRAMES_AT_A_TIME = 100


@dataclass(frozen=True)
class SoundEdges:
    """Where the sound of a stream lies, in seconds.

    Attributes:
        start: first moment louder than 40 dB below the loudest frame of 10 ms; 0 if all is silent.
        end: last such moment; the length if all is silent.
        total: length of the stream.
    """

    start: float
    end: float
    total: float

    def trimmed(self, threshold_ms: int = THRESHOLD_MS) -> SoundEdges:
        """What to keep: 50 ms of each silence longer than the threshold, all of a shorter one.

        Args:
            threshold_ms: 50 to 1000.

        Raises:
            InvalidRequestError: threshold out of range.
        """
        if not SHORTEST_THRESHOLD_MS <= threshold_ms <= LONGEST_THRESHOLD_MS:
            raise InvalidRequestError(
                f"The trim threshold must be from {SHORTEST_THRESHOLD_MS} to {LONGEST_THRESHOLD_MS} ms."
            )
        silence = threshold_ms / 1000
        start = self.start - LEFT_SECONDS if self.start > silence else 0.0
        end = self.end + LEFT_SECONDS if self.total - self.end > silence else self.total
        return SoundEdges(max(0.0, start), min(self.total, end), self.total)

    def time_map(self) -> TimeMap:
        """Where moments go when only the part from `start` to `end` is kept."""
        return TimeMap.kept([(self.start, self.end)], self.total)


def find_edges(blocks: Iterable[Samples], sample_rate: int) -> SoundEdges:
    """Find where the sound of a stream begins and ends, in one pass and constant memory.

    The loudest frame is only known at the end, so frames that may turn out to be the edge are remembered: those
    louder than all before them, and those louder than all after them so far.
    """
    frame = max(1, int(FRAME_SECONDS * sample_rate))
    quiet = 10 ** (-QUIET_BELOW_PEAK_DB / 20)
    rising: list[tuple[int, float]] = []
    falling: list[tuple[int, float]] = []
    loudest = 1e-5  # -100 dB: what is digital silence but for dither has no edges
    index = length = 0
    for part in windows(blocks, frame * _FRAMES_AT_A_TIME):
        length += len(part)
        for level in frame_levels(part, sample_rate).tolist():
            if level > max(loudest, rising[-1][1] * _STEP if rising else 0.0):
                rising.append((index, level))
            loudest = max(loudest, level)
            if level > loudest * quiet:
                while falling and falling[-1][1] <= level * _STEP:
                    falling.pop()
                falling.append((index, level))
            index += 1
    total = length / sample_rate
    limit = loudest * quiet
    if not rising:
        return SoundEdges(0.0, total, total)
    first = next(place for place, level in rising if level > limit)
    last = next(place for place, level in reversed(falling) if level > limit)
    return SoundEdges(first * frame / sample_rate, min((last + 1) * frame / sample_rate, total), total)


def trim_blocks(blocks: Iterable[Samples], sample_rate: int, edges: SoundEdges) -> Iterator[Samples]:
    """Copy the part of a stream from `edges.start` to `edges.end`; an end that was cut is faded over 5 ms."""
    first = round(edges.start * sample_rate)
    stop = round(edges.end * sample_rate)
    fade = min(int(FADE_SECONDS * sample_rate), (stop - first) // 2)
    cut_end = stop < round(edges.total * sample_rate)
    position = 0
    for block in blocks:
        start, end = max(first - position, 0), min(stop - position, len(block))
        if end > start:
            part = np.array(block[start:end], dtype=np.float32)
            places = np.arange(position + start, position + end)
            if first > 0:
                part *= _ramp(places - first, fade)
            if cut_end:
                part *= _ramp(stop - 1 - places, fade)
            yield part
        position += len(block)


def _ramp(distance: npt.NDArray[np.int_], fade: int) -> Samples:
    """Gain by the distance from a cut in samples: half a cosine from 0 to 1 within the fade."""
    share = np.clip(distance / max(1, fade), 0.0, 1.0)
    gain: Samples = (0.5 - 0.5 * np.cos(np.pi * share)).astype(np.float32)
    return gain
