"""The files of a job's result among the outputs."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from api_models.jobs import JobResult
from jobs.kinds import result_name


def remove_older(root: Path, job_id: str, result: JobResult) -> None:
    """Remove what earlier assemblies of the job left, whether a chunk was made again or the service was killed.

    Args:
        root: of the outputs.
        job_id: of the job.
        result: whose files stay.
    """
    stems = tuple({PurePosixPath(file.filename).name.partition(".")[0] for file in result.output_files})
    for path in root.rglob(f"{result_name(job_id)}_*"):
        if not path.name.startswith(stems):
            path.unlink(missing_ok=True)
