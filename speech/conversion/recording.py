"""Converts a whole recording piece by piece into a sink, holding no more than two pieces, and reports on each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from exceptions import GenerationError
from speech.assembly import Sink
from speech.audio.denoise import denoise
from speech.audio.edges import has_sound
from speech.audio.pitch import shift_pitch
from speech.audio.stretch import stretch
from speech.cancel import CancelToken
from speech.conversion.joiner import Joiner
from speech.conversion.listening import Ears
from speech.conversion.pieces import Piece, PieceRules, cut_pieces
from speech.conversion.protocol import Converted, Converter
from speech.finishing import FinishingRules, finish_chunk
from speech.progress import Observer, PieceConverted
from speech.quality import ChunkQuality
from speech.samples import Samples

SHORTEST_OVERLAP_SECONDS = 0.02
"""Neighbouring pieces always share so much; a hard cut would click."""


@dataclass(frozen=True)
class ConversionRules:
    """How a recording is converted.

    Attributes:
        piece_seconds: wished length of a piece; the converter's own limit may be shorter.
        overlap_seconds: that neighbours share, less than `piece_seconds`.
        pitch_shift: semitones, -12 to 12.
        finishing: steps on the audio.
    """

    piece_seconds: float
    overlap_seconds: float
    pitch_shift: float
    finishing: FinishingRules


@dataclass(frozen=True)
class SourceAudio:
    """A recording as it is read.

    Attributes:
        blocks: mono, in the converter's sample rate.
        seconds: its length as far as it is known beforehand, for the progress.
    """

    blocks: Iterable[Samples]
    seconds: float | None


@dataclass(frozen=True)
class ConvertedRecording:
    """What became of a recording.

    Attributes:
        pieces: one report each, in order.
        seconds_cut: silence that the silence cut took.
        source_seconds: length of the recording.
    """

    pieces: tuple[ChunkQuality, ...]
    seconds_cut: float
    source_seconds: float


def convert_recording(
    source: SourceAudio,
    converter: Converter,
    rules: ConversionRules,
    ears: Ears,
    sink: Sink,
    originals: Sequence[Sink],
    observer: Observer,
    cancel: CancelToken,
) -> ConvertedRecording:
    """Convert, finish and append every piece.

    Args:
        source: the recording.
        converter: gives each piece its new voice.
        rules: how.
        ears: hear the pieces before and after.
        sink: gets the audio.
        originals: get the audio before the silence cut and the stretching.
        observer: told of every piece.
        cancel: asked between pieces.

    Raises:
        GenerationError: a piece failed; the message and the detail say which part of the recording.
        ChatterboxError: as the converter raises it; nothing more is written, the caller discards the sink.
    """
    work = _Work(converter, rules, ears, sink, originals)
    done = 0
    for piece in cut_pieces(source.blocks, converter.sample_rate, piece_rules(rules, converter)):
        cancel.raise_if_stopped()
        work.take(piece, cancel)
        done = piece.end
        observer(PieceConverted(piece.index, done / converter.sample_rate, source.seconds))
    return ConvertedRecording(tuple(work.report), work.seconds_cut, done / converter.sample_rate)


class _Work:
    """One recording on its way."""

    def __init__(
        self, converter: Converter, rules: ConversionRules, ears: Ears, sink: Sink, originals: Sequence[Sink]
    ) -> None:
        self._converter = converter
        self._rules = rules
        self._ears = ears
        self._sink = sink
        self._originals = originals
        self._rate = converter.sample_rate
        # Noise is removed and speed changed before the join, where both sides still overlap.
        self._cutting = replace(rules.finishing, denoise=False, stretch=1.0)
        self._joiner = Joiner(self._rate)
        self.report: list[ChunkQuality] = []
        self.seconds_cut = 0.0

    def take(self, piece: Piece, cancel: CancelToken) -> None:
        """Convert one piece and write what is finished with it: all up to its overlap with the next."""
        converted = convert_piece(piece, self._converter, cancel)
        spoken = shift_pitch(converted.samples, self._rate, self._rules.pitch_shift)
        if self._rules.finishing.denoise:
            spoken = denoise(spoken, self._rate)
        spoken, _ = stretch(spoken, self._rate, self._rules.finishing.stretch)
        joined = self._joiner.join(spoken, self._stretched(2 * piece.before), self._stretched(2 * piece.after))
        finished = finish_chunk(joined, self._rate, self._cutting)
        start = self._sink.sample_count
        self._sink.write(finished.samples)
        for original in self._originals:
            original.write(finished.uncut)
        self.seconds_cut += finished.seconds_cut
        own = piece.samples[: len(piece.samples) - 2 * piece.after]
        heard = self._ears.judge(piece.index, own, finished.samples, self._rate, start / self._rate)
        self.report.append(replace(heard, warnings=(*heard.warnings, *converted.warnings)))

    def _stretched(self, count: int) -> int:
        return round(count / self._rules.finishing.stretch)


def convert_piece(piece: Piece, converter: Converter, cancel: CancelToken) -> Converted:
    """A piece in its new voice; one without sound stays as it is, and the converter is not asked.

    Raises:
        GenerationError: it failed; the message and the detail say which part of the recording it is.
        ChatterboxError: as the converter raises it.
    """
    if not has_sound(piece.samples):
        return Converted(piece.samples)
    try:
        converted = converter.convert(piece.samples, cancel)
    except GenerationError as error:
        raise _located(error, piece, converter.sample_rate) from error
    if not (len(converted.samples) == len(piece.samples) and np.isfinite(converted.samples).all()):
        raise _located(GenerationError("The engine returned broken audio."), piece, converter.sample_rate)
    return converted


def piece_rules(rules: ConversionRules, converter: Converter) -> PieceRules:
    """How long the pieces of a recording are."""
    rate = converter.sample_rate
    overlap = min(max(rules.overlap_seconds, SHORTEST_OVERLAP_SECONDS), converter.longest / 4)
    length = min(rules.piece_seconds, converter.longest - overlap)
    return PieceRules(int(length * rate), int(overlap * rate) // 2 * 2)


def _located(error: GenerationError, piece: Piece, sample_rate: int) -> GenerationError:
    """The same failure, saying which part of the recording it happened in."""
    start, end = piece.start / sample_rate, piece.end / sample_rate
    return GenerationError(
        f"The part from {start:.1f} s to {end:.1f} s could not be converted: {error.message}",
        detail={"start": round(start, 3), "end": round(end, 3)},
    )
