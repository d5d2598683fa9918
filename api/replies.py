"""Turns results of the core into replies."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from fastapi.responses import FileResponse

from api_models import ChunkReport, OutputFile, QualityReport, TTSResponse, WordTime
from core_engine import CoreEngine
from library.outputs import StoredFile
from results import SpeechResult
from speech.audio.encode import FORMATS
from speech.quality import Quality

OUTPUTS_URL = "/outputs"


def output_url(file: StoredFile) -> str:
    """Site-relative address of a result file."""
    return f"{OUTPUTS_URL}/{quote(file.name)}"


def tts_response(result: SpeechResult, core: CoreEngine, request_id: str) -> TTSResponse:
    """The JSON reply."""
    capabilities = core.engine.capabilities
    return TTSResponse(
        success=True,
        message=f"Spoke {result.audio_seconds:.1f} s in {len(result.quality.chunks)} chunks.",
        request_id=request_id,
        output_files=[_output_file(file) for file in result.files],
        generation_seed_used=result.seed,
        processing_time_seconds=round(result.processing_seconds, 3),
        audio_seconds=round(result.audio_seconds, 3),
        real_time_factor=round(result.processing_seconds / max(result.audio_seconds, 1e-3), 4),
        engine=capabilities.engine,
        model=capabilities.model,
        voice=result.voice,
        watermarked=capabilities.watermark,
        ignored_parameters=list(result.ignored_parameters),
        warnings=list(result.warnings),
        quality=quality_report(result.quality),
    )


def file_response(result: SpeechResult, wanted: str) -> FileResponse:
    """The audio itself in the `wanted` format, with the facts in headers."""
    file = _pick(result.files, wanted)
    others = "|".join(f"{other.format}:{output_url(other)}" for other in result.files if other is not file)
    headers = {
        "X-Output-URL": output_url(file),
        "X-Generation-Seed": str(result.seed),
        "X-Quality-Verdict": result.quality.verdict,
    }
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
                start=chunk.start,
                end=chunk.end,
                spoken=chunk.spoken,
                takes=chunk.takes,
                seed=chunk.seed,
                score=chunk.score,
                wer=chunk.wer,
                transcript=chunk.transcript,
                words=[WordTime(word=word.text, start=word.start, end=word.end) for word in chunk.words],
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
            "url": output_url(file),
            "size_bytes": file.size_bytes,
            "duration_seconds": round(file.duration_seconds, 3),
        }
    )


def _pick(files: Sequence[StoredFile], wanted: str) -> StoredFile:
    return next(file for file in files if file.format == wanted)
