"""The files of a job's result among the outputs, and what is told of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from api_models import CaptionFile
from api_models.jobs import JobFile, JobResult
from api_models.replies import output_url
from jobs.kinds import result_name
from jobs.records import JobPlan
from library.result_files import ResultFiles, StoredFile, StoredText
from speech.quality import ChunkQuality, Quality, summarise


def job_result(files: ResultFiles, chunks: Sequence[ChunkQuality], audio_seconds: float, plan: JobPlan) -> JobResult:
    """What is told of a book whose files have appeared."""
    quality = summarise(tuple(chunks))
    missing = [f"Chunk {n} was not spoken: {chunk.text}" for n, chunk in enumerate(chunks, 1) if not chunk.spoken]
    captions = [text for text in files.texts if text.role == "captions"]
    return told_result(files.stored, captions, quality, audio_seconds, plan.seed, missing)


def told_result(
    files: Sequence[StoredFile],
    captions: Sequence[StoredText],
    quality: Quality,
    audio_seconds: float,
    seed: int,
    warnings: Sequence[str],
) -> JobResult:
    """What is told of a result."""
    return JobResult(
        output_files=[_file(file) for file in files],
        captions=[
            CaptionFile.model_validate({"format": file.format, "filename": file.name, "url": output_url(file.name)})
            for file in captions
        ],
        audio_seconds=round(audio_seconds, 3),
        quality_verdict=quality.verdict,
        wer=quality.wer,
        generation_seed_used=seed,
        warnings=list(warnings),
    )


def remove_older(root: Path, job_id: str, result: JobResult) -> None:
    """Remove what earlier assemblies of the job left, whether a chunk was made again or the service was killed.

    Args:
        root: of the outputs.
        job_id: of the job.
        result: whose files stay; the first is the whole.
    """
    stem = PurePosixPath(result.output_files[0].filename).name.partition(".")[0]
    for path in root.rglob(f"{result_name(job_id)}_*"):
        if not path.name.startswith(stem):
            path.unlink(missing_ok=True)


def _file(file: StoredFile) -> JobFile:
    return JobFile(
        format=file.format,
        filename=file.name,
        url=output_url(file.name),
        size_bytes=file.size_bytes,
        duration_seconds=round(file.duration_seconds, 3),
        part=file.place.chunk if file.place.kind == "chapter" else None,
    )
