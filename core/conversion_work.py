"""One admitted voice conversion from its recording to its files: pieces, finishing, captions, sidecar."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from api_models import VCOptions
from core.conversion_records import tags_of_conversion, write_conversion_records
from core.results import ConversionResult
from core.speech_work import Workshop
from exceptions import InvalidRequestError
from library.result_files import Place, Recording, ResultFiles
from speech.assembly import Sink
from speech.audio.decode import AudioFile, decode_blocks, stated_seconds
from speech.cancel import CancelToken
from speech.conversion.listening import Ears
from speech.conversion.protocol import Converter
from speech.conversion.recording import ConversionRules, ConvertedRecording, SourceAudio, convert_recording
from speech.finishing import FinishingRules, plan_whole, whole_blocks
from speech.progress import Finishing, Observer
from speech.quality import summarise
from speech.samples import Samples
from speech.spool import Spool


@dataclass(frozen=True)
class SourceRecording:
    """A recording that a request brings or names.

    Attributes:
        file: by path, or opened.
        name: as the client calls it.
        field: of the request that brought it.
    """

    file: AudioFile
    name: str
    field: str

    def blocks(self, sample_rate: int, longest: float) -> Iterator[Samples]:
        """Its samples, mono, as of `decode_blocks`.

        Args:
            sample_rate: of the samples, in Hz.
            longest: seconds it may last.

        Raises:
            InvalidRequestError: it holds no audio, or is damaged or longer where the iteration has come to.
        """
        count = 0
        for block in decode_blocks(self.file, sample_rate, self.field):
            count += len(block)
            if count > longest * sample_rate:
                raise InvalidRequestError(
                    f"The recording is longer than the {longest / 60:g} minutes that are allowed.", field=self.field
                )
            yield block
        if not count:
            raise InvalidRequestError("The recording holds no audio.", field=self.field)


@dataclass(frozen=True)
class ConversionOrder:
    """One request, ready to be carried out.

    Attributes:
        request: with the operator's defaults.
        recording: to be converted.
        voice: name of the target.
        voice_hash: content hash of the target.
        converter: does it.
        ears: judge it.
        rules: how.
        seed: that is reported.
        longest_seconds: most of the recording.
        watermarked: whether the result carries the engine's mark.
        ignored: fields that were set without effect.
        warnings: sentences for people that are known beforehand.
    """

    request: VCOptions
    recording: SourceRecording
    voice: str
    voice_hash: str
    converter: Converter
    ears: Ears
    rules: ConversionRules
    seed: int
    longest_seconds: float
    watermarked: bool
    ignored: tuple[str, ...]
    warnings: tuple[str, ...]

    def source(self) -> Iterator[Samples]:
        """The recording in blocks, in the converter's sample rate; errors as of `SourceRecording.blocks`."""
        return self.recording.blocks(self.converter.sample_rate, self.longest_seconds)


def carry_out_conversion(
    order: ConversionOrder, workshop: Workshop, observer: Observer, cancel: CancelToken, name: str = "vc"
) -> ConversionResult:
    """Convert an order into files, whose names begin with `name`; either all of them appear or none.

    Raises:
        ChatterboxError: one of its subclasses.
    """
    started = time.perf_counter()
    stem = workshop.outputs.new_stem(name, order.seed)
    with workshop.outputs.result(order.request.folder or "") as files:
        conversion = _Conversion(order, workshop, files, stem)
        converted, seconds, finishing = conversion.make(observer, cancel)
        result = ConversionResult(
            files=(),
            texts=(),
            voice=order.voice,
            seed=order.seed,
            processing_seconds=0.0,
            audio_seconds=seconds,
            source_seconds=converted.source_seconds,
            quality=summarise(converted.pieces),
            likeness=order.ears.likeness,
            finishing=finishing,
            watermarked=order.watermarked,
            ignored_parameters=order.ignored,
            warnings=(*order.warnings, *_warnings(converted)),
        )
        write_conversion_records(files, stem, order, workshop.capabilities, result)
    return result.stored(files.stored, files.texts, time.perf_counter() - started)


class _Conversion:
    """Makes the audio of one result."""

    def __init__(self, order: ConversionOrder, workshop: Workshop, files: ResultFiles, stem: str) -> None:
        self._order = order
        self._workshop = workshop
        self._files = files
        self._stem = stem
        self._rate = order.converter.sample_rate

    def make(self, observer: Observer, cancel: CancelToken) -> tuple[ConvertedRecording, float, dict[str, Any]]:
        """Convert, finish and write; the report, the length in seconds, and what each step did."""
        request, rules = self._order.request, self._order.rules.finishing
        originals = (
            [self._record("original", ["wav"])] if request.use_auto_editor and request.keep_original_wav_ae else []
        )
        recording = self._record("result", request.export_formats)
        if not rules.needs_whole:
            converted = self._convert(recording, originals, observer, cancel)
            return converted, recording.seconds, _steps(self._order.rules, converted)
        with Spool(self._workshop.temp_dir, self._rate) as spool:
            converted = self._convert(spool, originals, observer, cancel)
            observer(Finishing(spool.seconds))
            report, moved = self._finish(spool, recording, rules, cancel)
        pieces = tuple(piece.moved(moved, recording.seconds) for piece in converted.pieces)
        converted = ConvertedRecording(pieces, converted.seconds_cut, converted.source_seconds)
        return converted, recording.seconds, {**_steps(self._order.rules, converted), **report}

    def _convert(
        self, sink: Sink, originals: list[Recording], observer: Observer, cancel: CancelToken
    ) -> ConvertedRecording:
        return convert_recording(
            SourceAudio(self._order.source(), stated_seconds(self._order.recording.file)),
            self._order.converter,
            self._order.rules,
            self._order.ears,
            sink,
            originals,
            observer,
            cancel,
        )

    def _finish(
        self, spool: Spool, recording: Recording, rules: FinishingRules, cancel: CancelToken
    ) -> tuple[dict[str, Any], float]:
        """Copy the spool through the steps on the whole; their report and by how many seconds the audio moved."""
        whole = plan_whole(spool, self._rate, rules, cancel.raise_if_stopped)
        for block in whole_blocks(spool, self._rate, whole, cancel.raise_if_stopped):
            recording.write(block)
        return whole.report, -whole.start(self._rate) / self._rate

    def _record(self, kind: Literal["result", "original"], formats: list[Any]) -> Recording:
        stem = self._stem if kind == "result" else f"{self._stem}_{kind}"
        tags = tags_of_conversion(self._order, self._workshop.capabilities)
        return self._files.audio(stem, formats, self._rate, tags, Place(kind))


def _steps(rules: ConversionRules, converted: ConvertedRecording) -> dict[str, Any]:
    steps: dict[str, Any] = {}
    if rules.pitch_shift:
        steps["pitch"] = {"semitones": rules.pitch_shift}
    if rules.finishing.denoise:
        steps["denoise"] = {"method": "rnnoise"}
    if rules.finishing.silence_cut is not None:
        steps["silence_cut"] = {"seconds": round(converted.seconds_cut, 3)}
    if rules.finishing.stretch != 1.0:
        steps["speed"] = {"factor": round(rules.finishing.stretch, 4)}
    return steps


def _warnings(converted: ConvertedRecording) -> list[str]:
    return [
        f"From {piece.start:.1f} s to {piece.end:.1f} s the listener hears other words than before."
        for piece in converted.pieces
        if piece.passed is False
    ]
