"""Jobs of type ``vc``: one long recording into the files that `POST /api/v1/vc` would make, piece by piece."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TypeAlias

from api_models import VCRequest
from api_models.jobs import JobResult
from core.conversion_work import ConversionOrder, SourceRecording, carry_out_conversion
from core.downloads import is_url
from core.request_rules import refuse_foreign
from exceptions import ConflictError, InvalidRequestError
from jobs.chunk_audio import ChunkAudio, audio_key
from jobs.kinds import Bench, MissingAudioError, PlannedJob, result_name
from jobs.recordings import PieceReader, RecordingShelf
from jobs.records import ChunkRecord, ConversionPlan, JobPlan, JobRecord, NewChunk, Part
from jobs.results import told_result
from speech.audio.edges import has_sound
from speech.audio.timeline import TimeMap
from speech.cancel import CancelToken
from speech.conversion.pieces import Piece, cut_pieces
from speech.conversion.protocol import Converted, Converter
from speech.conversion.recording import convert_piece, piece_rules
from speech.lane import BACKGROUND
from speech.plan import PlannedChunk
from speech.progress import ignore
from speech.repairs import Repaired
from speech.samples import Samples
from speech.takes import ChunkResult, JudgedTake, KeptTake

OrderMaker: TypeAlias = Callable[[int, CancelToken], ConversionOrder]
"""How a job converts with a seed."""


class ConversionJobs:
    """Plans, converts and assembles long recordings; every piece with sound is a chunk.

    Args:
        bench: with what.
        shelf: keeps the recordings.
    """

    def __init__(self, bench: Bench, shelf: RecordingShelf) -> None:
        self._bench = bench
        self._shelf = shelf

    def plan(self, request: str) -> PlannedJob:
        """Keep the recording and cut it."""
        asked = VCRequest.model_validate_json(request)
        core = self._bench.core
        refuse_foreign(asked, core.engine.capabilities)
        if is_url(asked.target_voice_source):
            raise InvalidRequestError(
                "A job takes its voice from the library; upload the recording first.", field="target_voice_source"
            )
        token = core.door.token(None)
        with core.downloads.during(token) as fetch:
            named = core.conversions.recording(asked, fetch)
            assert isinstance(named.file, Path)
            stored = ConversionPlan(self._shelf.add(named.file), named.name, core.settings.vc_defaults)
        order = self._order(asked, stored, token)
        chunks, end = [], 0
        for piece in _pieces(order):
            end = piece.end
            if has_sound(piece.samples):
                chunks.append(self._new_chunk(self._planned(piece, order), order.seed))
        capabilities, rate = core.engine.capabilities, order.converter.sample_rate
        part = Part(asked.title or named.name)
        plan = JobPlan(capabilities.engine, capabilities.version, rate, order.seed, (part,), None, stored)
        return PlannedJob(part.title, plan, tuple(chunks), end / rate)

    def maker(self, job: JobRecord) -> PieceMaker:
        """Converts its pieces."""
        return PieceMaker(self._bench, partial(self._stored_order, job))

    def changed(self, job: JobRecord, old: ChunkRecord, text: str | None, seed: int) -> NewChunk:
        """The same piece with another seed."""
        if text is not None:
            raise InvalidRequestError("A piece of a recording has no text to be changed.", field="text")
        return self._new_chunk(old.chunk, seed)

    def assemble(self, job: JobRecord, chunks: Sequence[ChunkRecord], cancel: CancelToken) -> JobResult:
        """Join, finish and judge the converted pieces."""
        core = self._bench.core
        order = self._stored_order(job, job.plan.seed, cancel)
        order = replace(order, converter=StoredPieces(order.converter, self._bench.audio, chunks))
        result = carry_out_conversion(order, core.workshop, ignore, cancel, result_name(job.id))
        core.casting.note_use([order.voice])
        return told_result(
            result.files, result.captions, result.quality, result.audio_seconds, result.seed, result.warnings
        )

    def _stored_order(self, job: JobRecord, seed: int, cancel: CancelToken) -> ConversionOrder:
        self._bench.refuse_other_engine(job)
        assert job.plan.conversion is not None
        asked = VCRequest.model_validate_json(job.request).model_copy(update={"seed": seed})
        return self._order(asked, job.plan.conversion, cancel)

    def _order(self, asked: VCRequest, stored: ConversionPlan, cancel: CancelToken) -> ConversionOrder:
        core = self._bench.core
        recording = SourceRecording(self._shelf.path(stored.recording), stored.name, "input_audio_source")
        with core.downloads.during(cancel) as fetch:
            return core.conversions.order(
                asked, recording, fetch, cancel, priority=BACKGROUND, defaults=stored.defaults
            )

    def _planned(self, piece: Piece, order: ConversionOrder) -> PlannedChunk:
        engine, request = self._bench.core.engine.capabilities, order.request
        sound = hashlib.sha256(piece.samples.tobytes()).hexdigest()
        deciding = (engine.engine, engine.version, order.voice_hash, request.language, request.disable_watermark, sound)
        return PlannedChunk(
            index=piece.index,
            text=_span(piece, order.converter.sample_rate),
            spoken="",
            read="",
            voice=order.voice,
            voice_hash=order.voice_hash,
            language=request.language,
            parameters={},
            pause_after_ms=0,
            content_hash=hashlib.sha256(json.dumps(deciding).encode()).hexdigest(),
        )

    def _new_chunk(self, chunk: PlannedChunk, seed: int) -> NewChunk:
        # Engines that only speak are told by the listener what to speak.
        listener = self._bench.core.validator
        return NewChunk(0, chunk, seed, audio_key(chunk, seed, None, listener.name if listener else None))


class PieceMaker:
    """Converts single pieces of one job; thread-safe.

    Args:
        bench: with what.
        order_for: how the job converts.
    """

    def __init__(self, bench: Bench, order_for: OrderMaker) -> None:
        self._bench = bench
        self._order_for = order_for
        self._lock = Lock()
        self._orders: dict[int, ConversionOrder] = {}
        self._reader: PieceReader | None = None

    def make(self, chunk: ChunkRecord, cancel: CancelToken) -> ChunkResult:
        """The piece in its new voice.

        Raises:
            ConflictError: the recording of the voice has changed.
            EngineChangedError: another engine runs than the one the job was planned for.
            ChatterboxError: as `convert_piece` raises it.
        """
        order, reader = self._settled(chunk.seed, cancel)
        if order.voice_hash != chunk.chunk.voice_hash:
            raise ConflictError(f"The voice {order.voice!r} is not the one any more that the job was planned with.")
        with self._bench.core.operations.operation("job_chunk"):
            piece = reader.get(chunk.chunk.index)
            started = time.perf_counter()
            converted = convert_piece(piece, order.converter, cancel)
            take = JudgedTake(converted.samples, chunk.seed, 0, time.perf_counter() - started, None)
        seconds = len(converted.samples) / order.converter.sample_rate
        kept = KeptTake(take, Repaired(converted.samples, TimeMap.identity(seconds), ()))
        return ChunkResult(chunk.chunk, kept, 1, converted.warnings)

    def _settled(self, seed: int, cancel: CancelToken) -> tuple[ConversionOrder, PieceReader]:
        with self._lock:
            if seed not in self._orders:
                self._orders[seed] = self._order_for(seed, cancel)
            order = self._orders[seed]
            self._reader = self._reader or PieceReader(partial(_pieces, order))
            return order, self._reader


class StoredPieces:
    """A converter that gives back, one after the other, the pieces of a job that are done.

    Args:
        converter: that made them.
        audio: has them.
        chunks: of the job, in order.
    """

    def __init__(self, converter: Converter, audio: ChunkAudio, chunks: Sequence[ChunkRecord]) -> None:
        self.sample_rate = converter.sample_rate
        self.longest = converter.longest
        self._audio = audio
        self._chunks = iter(chunks)

    def convert(self, samples: Samples, cancel: CancelToken) -> Converted:
        """The next piece.

        Raises:
            MissingAudioError: its file is gone or damaged.
        """
        record = next(self._chunks)
        result = self._audio.load(record.audio_key, record.chunk)
        if result is None or result.kept is None:
            raise MissingAudioError(record)
        return Converted(result.kept.repaired.samples, result.faults)


def _pieces(order: ConversionOrder) -> Iterator[Piece]:
    return cut_pieces(order.source(), order.converter.sample_rate, piece_rules(order.rules, order.converter))


def _span(piece: Piece, sample_rate: int) -> str:
    """Where a piece lies, for people."""
    start, end = (timedelta(seconds=round(moment / sample_rate)) for moment in (piece.start, piece.end))
    return f"{start} to {end}"
