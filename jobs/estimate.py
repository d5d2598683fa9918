"""What a job will come to in time and disk, before it starts."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import Final

from api_models.jobs import EstimatedPart, JobEstimate
from jobs.chunk_audio import ChunkAudio
from jobs.kinds import PlannedJob
from jobs.records import NewChunk, Pace

CHARACTERS_PER_SECOND: Final = 15.0
"""Of English read aloud: about 155 words a minute."""
CHUNK_BYTES_PER_SAMPLE: Final = 4
RESULT_BYTES_PER_SECOND: Final = 30_000
"""An M4B of 64 kbit/s and an MP3 of 160 kbit/s of each chapter."""


def estimate(planned: PlannedJob, audio: ChunkAudio, pace: Pace) -> JobEstimate:
    """What a planned job will come to, judged by what earlier ones came to."""
    usual = pace.audio_seconds_per_character or 1 / CHARACTERS_PER_SECOND
    known = planned.seconds
    per_character = usual if known is None else known / max(1, _characters(planned.chunks))
    missing = [chunk for chunk in planned.chunks if not audio.path(chunk.audio_key).is_file()]
    parts = [_part(planned, number, per_character) for number in range(len(planned.plan.parts))]
    seconds = sum(part.audio_seconds for part in parts)
    # The longest part lies on the disk once more while it is assembled.
    stored = _seconds(missing, per_character) + max(part.audio_seconds for part in parts)
    disk = stored * planned.plan.sample_rate * CHUNK_BYTES_PER_SAMPLE + seconds * RESULT_BYTES_PER_SECOND
    free = shutil.disk_usage(audio.root.parent).free
    # Of a recording, the names of its pieces are the characters.
    work = pace.work_seconds_per_character and pace.work_seconds_per_character * per_character / usual
    return JobEstimate(
        chunks=len(planned.chunks),
        chunks_spoken_already=len(planned.chunks) - len(missing),
        characters=_characters(planned.chunks) if known is None else 0,
        audio_seconds=round(seconds, 1),
        work_seconds=round(work * _characters(missing), 1) if work is not None else None,
        disk_bytes=round(disk),
        free_bytes=free,
        parts=parts,
        warnings=["There may not be enough room on the disk."] if disk > free else [],
    )


def _part(planned: PlannedJob, number: int, per_character: float) -> EstimatedPart:
    own = [chunk for chunk in planned.chunks if chunk.part == number]
    return EstimatedPart(
        index=number,
        title=planned.plan.parts[number].title,
        chunks=len(own),
        characters=_characters(own),
        audio_seconds=round(_seconds(own, per_character), 1),
    )


def _characters(chunks: Sequence[NewChunk]) -> int:
    return sum(len(chunk.chunk.text) for chunk in chunks)


def _seconds(chunks: Sequence[NewChunk], per_character: float) -> float:
    """Of speech and the pauses between the chunks."""
    pauses = sum(chunk.chunk.pause_after_ms for chunk in chunks) / 1000
    return _characters(chunks) * per_character + pauses
