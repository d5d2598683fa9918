"""Turns results of the core into replies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from fastapi.responses import FileResponse

from api_models import (
    CaptionFile,
    ChunkReport,
    ConcatResponse,
    Generation,
    OutputFile,
    PreviewChunk,
    QualityReport,
    TextPreviewResponse,
    TTSResponse,
    VCResponse,
    VoiceLikeness,
    WordTime,
)
from api_models.replies import output_url
from core.concat_report import JoinedResult
from core.results import ConversionResult, GenerationResult, SpeechResult
from core_engine import CoreEngine
from exceptions import InvalidRequestError
from library.result_files import StoredFile, StoredText
from speech.audio.encode import FORMATS
from speech.planning import PlannedSpeech
from speech.quality import Quality
from speech.text.lower import lower_case

_FIELD_NAME = re.compile(r"[\w.\[\]-]{1,64}", re.ASCII)
MOST_NAMES = 50
"""Of fields that one header lists."""


def tts_response(result: SpeechResult, core: CoreEngine, request_id: str) -> TTSResponse:
    """The JSON reply."""
    capabilities = core.engine.capabilities
    audio_seconds = sum(generation.audio_seconds for generation in result.generations)
    return TTSResponse(
        success=True,
        message=_spoken(result),
        request_id=request_id,
        output_files=[_output_file(file) for file in result.files],
        captions=[_caption_file(file) for file in result.captions],
        generation_seed_used=result.seed,
        processing_time_seconds=round(result.processing_seconds, 3),
        audio_seconds=round(result.audio_seconds, 3),
        real_time_factor=round(result.processing_seconds / max(audio_seconds, 1e-3), 4),
        engine=capabilities.engine,
        model=capabilities.model,
        voice=result.voice,
        watermarked=result.watermarked,
        ignored_parameters=list(result.ignored_parameters),
        warnings=list(result.warnings),
        finishing=dict(result.generations[0].finishing),
        quality=quality_report(result.quality),
        generations=[_generation(generation) for generation in result.generations],
    )


def _spoken(result: SpeechResult) -> str:
    count = len(result.quality.chunks)
    return f"Spoke {result.audio_seconds:.1f} s in {count} {'chunk' if count == 1 else 'chunks'}."


def conversion_response(result: ConversionResult, core: CoreEngine, request_id: str) -> VCResponse:
    """The JSON reply to a voice conversion."""
    capabilities = core.engine.capabilities
    likeness = result.likeness
    return VCResponse(
        success=True,
        message=f"Converted {result.source_seconds:.1f} s in {len(result.quality.chunks)} pieces.",
        request_id=request_id,
        output_files=[_output_file(file) for file in result.files],
        captions=[_caption_file(file) for file in result.captions],
        generation_seed_used=result.seed,
        processing_time_seconds=round(result.processing_seconds, 3),
        audio_seconds=round(result.audio_seconds, 3),
        source_seconds=round(result.source_seconds, 3),
        real_time_factor=round(result.processing_seconds / max(result.source_seconds, 1e-3), 4),
        engine=capabilities.engine,
        model=capabilities.model,
        voice=result.voice,
        watermarked=result.watermarked,
        ignored_parameters=list(result.ignored_parameters),
        warnings=list(result.warnings),
        finishing=dict(result.finishing),
        likeness=VoiceLikeness(**asdict(likeness)) if likeness else None,
        quality=quality_report(result.quality),
    )


def preview_response(planned: PlannedSpeech, core: CoreEngine, *, lower: bool) -> TextPreviewResponse:
    """The text as it would be read; `lower` shows it in the small letters that the engine would get."""
    shown = lower_case if lower else str
    return TextPreviewResponse(
        normalized=shown(planned.prepared),
        chunks=[
            PreviewChunk(
                index=chunk.index,
                text=shown(chunk.text),
                spoken=chunk.read,
                voice=chunk.voice,
                pause_after_ms=chunk.pause_after_ms,
            )
            for chunk in planned.plan.chunks
        ],
        engine=core.engine.capabilities.engine,
        warnings=list(planned.warnings),
    )


def wanted_format(asked: str | None, formats: Sequence[str]) -> str:
    """Which of the requested formats a stream answer carries: the asked one, or the first.

    Raises:
        InvalidRequestError: it is not among them.
    """
    wanted = asked or formats[0]
    if wanted not in formats:
        raise InvalidRequestError(
            f"{wanted} is not among the requested formats: {', '.join(formats)}.", field="return_format"
        )
    return wanted


def file_response(result: SpeechResult | ConversionResult, wanted: str) -> FileResponse:
    """The audio itself in the `wanted` format, with the facts in headers."""
    whole = [file for file in result.files if file.place.kind == "result" and file.place.generation == 1]
    return audio_response(
        whole, wanted, {"X-Generation-Seed": str(result.seed), "X-Quality-Verdict": result.quality.verdict}
    )


def ignored_header(names: Iterable[str]) -> dict[str, str]:
    """The header that names fields without effect; what can be no field's name is left out."""
    named = [name for name in names if _FIELD_NAME.fullmatch(name)][:MOST_NAMES]
    return {"X-Ignored-Parameters": ",".join(named)} if named else {}


def concat_response(result: JoinedResult, request_id: str) -> ConcatResponse:
    """The JSON reply to a request that joins files."""
    return ConcatResponse(
        success=True,
        message=f"Joined {result.file_count} files into {result.audio_seconds:.1f} s.",
        request_id=request_id,
        output_files=[_output_file(file) for file in result.files],
        total_duration_seconds=result.audio_seconds,
        file_count=result.file_count,
        processing_time_seconds=round(result.processing_seconds, 3),
        warnings=list(result.warnings),
        metadata=result.metadata,
    )


def audio_response(files: Sequence[StoredFile], wanted: str, facts: dict[str, str]) -> FileResponse:
    """The file in the `wanted` format; the `facts` and the addresses of all formats in headers."""
    file = _pick(files, wanted)
    others = "|".join(f"{other.format}:{output_url(other.name)}" for other in files if other is not file)
    headers = {"X-Output-URL": output_url(file.name), **facts}
    if others:
        headers["X-Alternative-Formats"] = others
    return FileResponse(file.path, media_type=FORMATS[file.format].media_type, filename=file.path.name, headers=headers)


def quality_report(quality: Quality) -> QualityReport:
    """The public form of a quality report."""
    return QualityReport(
        verdict=quality.verdict,
        wer=quality.wer,
        chunks=[
            ChunkReport(
                index=chunk.index,
                text=chunk.text,
                voice=chunk.voice,
                start=chunk.start,
                end=chunk.end,
                spoken=chunk.spoken,
                takes=chunk.takes,
                seed=chunk.seed,
                score=chunk.score,
                wer=chunk.wer,
                transcript=chunk.transcript,
                words=[WordTime(word=word.text, start=word.start, end=word.end) for word in chunk.words],
                repairs=list(chunk.repairs),
                warnings=list(chunk.warnings),
            )
            for chunk in quality.chunks
        ],
    )


def _output_file(file: StoredFile) -> OutputFile:
    return OutputFile.model_validate(
        {
            "format": file.format,
            "filename": file.name,
            "url": output_url(file.name),
            "size_bytes": file.size_bytes,
            "duration_seconds": round(file.duration_seconds, 3),
            "kind": file.place.kind,
            "generation": file.place.generation,
            "chunk": file.place.chunk,
        }
    )


def _caption_file(file: StoredText) -> CaptionFile:
    return CaptionFile.model_validate(
        {"format": file.format, "filename": file.name, "url": output_url(file.name), "generation": file.generation}
    )


def _generation(generation: GenerationResult) -> Generation:
    return Generation(
        generation=generation.number,
        seed=generation.seed,
        audio_seconds=round(generation.audio_seconds, 3),
        quality=quality_report(generation.quality),
    )


def _pick(files: Sequence[StoredFile], wanted: str) -> StoredFile:
    return next(file for file in files if file.format == wanted)
