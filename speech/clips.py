"""A recording on its way into a joined result: read, measured, trimmed and levelled without ever being held whole."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from speech.audio.decode import AudioFile, UnreadableAudioError, decode_blocks
from speech.audio.edge_trim import SoundEdges, find_edges, trim_blocks
from speech.audio.loudness_meter import LoudnessMeasure, measure
from speech.samples import Samples

PEAK_CEILING_DB = -1.0
"""Of a levelled clip, in dBTP; the most that EBU R 128 allows."""

Check = Callable[[int], None]
"""Told for every block how many samples were read so far; may raise to stop the work."""


@dataclass(frozen=True)
class ClipRules:
    """What is done to each clip.

    Attributes:
        trim_ms: silence at its ends beyond which it is cut; ``None`` for no trimming.
        level: loudness to bring it to, in LUFS; ``None`` to leave it.
    """

    trim_ms: int | None = None
    level: float | None = None


@dataclass(frozen=True)
class Clip:
    """A measured recording.

    Attributes:
        source: what to read.
        sample_rate: at which it was measured, in Hz.
        edges: what is kept.
        gain_db: that levelling applies.
        held_back_db: gain that was wanted but would have taken its peaks over the ceiling.
        damaged: whether it cannot be read to its end.
    """

    source: AudioFile
    sample_rate: int
    edges: SoundEdges
    gain_db: float = 0.0
    held_back_db: float = 0.0
    damaged: bool = False

    @property
    def length(self) -> int:
        """Samples that are kept."""
        return round(self.edges.end * self.sample_rate) - round(self.edges.start * self.sample_rate)

    def blocks(self, check: Check) -> Iterator[Samples]:
        """The clip as it goes into the result."""
        blocks = trim_blocks(_Reader(self.source, self.sample_rate, check), self.sample_rate, self.edges)
        if not self.gain_db:
            return blocks
        gain = 10 ** (self.gain_db / 20)
        return (block * gain for block in blocks)


def measure_clip(source: AudioFile, sample_rate: int, rules: ClipRules, check: Check) -> Clip:
    """Find what of a recording is kept, and its gain; reads it once or twice, holding a block at a time.

    A recording that breaks off is measured as far as it can be read.

    Args:
        source: what to read.
        sample_rate: of the result, in Hz.
        rules: what is to be done.
        check: see `Check`.

    Raises:
        UnreadableAudioError: not one sample can be read.
    """
    reader = _Reader(source, sample_rate, check)
    edges = _edges(reader, rules.trim_ms)
    if not reader.count:
        raise UnreadableAudioError("It holds no sound that can be read.")
    gain, held_back = 0.0, 0.0
    if rules.level is not None:
        gain, held_back = _gain(measure(trim_blocks(reader, sample_rate, edges), sample_rate), rules.level)
    return Clip(source, sample_rate, edges, gain, held_back, reader.damaged)


class _Reader:
    """Plays a source again at each iteration, as far as it can be read, and knows how long it was."""

    def __init__(self, source: AudioFile, sample_rate: int, check: Check) -> None:
        self.sample_rate = sample_rate
        self.count = 0
        self.damaged = False
        self._source = source
        self._check = check

    def __iter__(self) -> Iterator[Samples]:
        self.count = 0
        try:
            for block in decode_blocks(self._source, self.sample_rate, ""):
                self.count += len(block)
                self._check(self.count)
                yield block
        except UnreadableAudioError:
            self.damaged = True


def _edges(reader: _Reader, trim_ms: int | None) -> SoundEdges:
    if trim_ms is not None:
        return find_edges(reader, reader.sample_rate).trimmed(trim_ms)
    for _ in reader:
        pass
    seconds = reader.count / reader.sample_rate
    return SoundEdges(0.0, seconds, seconds)


def _gain(found: LoudnessMeasure, level: float) -> tuple[float, float]:
    """Gain in dB, and what of the gain that was wanted is missing; a silent clip stays as it is."""
    if not math.isfinite(found.integrated):
        return 0.0, 0.0
    wanted = level - found.integrated
    gain = min(wanted, PEAK_CEILING_DB - found.true_peak)
    return gain, wanted - gain
