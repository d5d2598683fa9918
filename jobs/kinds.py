"""What all types of jobs have in common: a plan with the names of its audio, and how a chunk of it is spoken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from api_models import TTSDefaults, TTSRequest
from api_models.jobs import JobResult
from core.request_rules import take_rules
from core.speech_work import SpeechOrder
from core_engine import CoreEngine
from exceptions import NotReadyError
from jobs.chunk_audio import ChunkAudio, audio_key
from jobs.records import ChunkRecord, JobPlan, JobRecord, NewChunk
from speech.cancel import CancelToken
from speech.plan import PlannedChunk
from speech.planning import PlannedSpeech
from speech.takes import ChunkResult, TakeReport


@dataclass(frozen=True)
class PlannedJob:
    """What a request comes to before anything is spoken."""

    title: str
    plan: JobPlan
    chunks: tuple[NewChunk, ...]
    seconds: float | None = None
    """Length of the result, where it is known beforehand."""


class ChunkMaker(Protocol):
    """Makes the chunks of one job; thread-safe."""

    def make(self, chunk: ChunkRecord, cancel: CancelToken) -> ChunkResult:
        """The audio of a chunk.

        Raises:
            EngineChangedError: another engine runs than the one the job was planned for.
            ChatterboxError: one of its subclasses.
        """
        ...


class JobKind(Protocol):
    """One type of job; `request` is the JSON that is stored with the job."""

    def plan(self, request: str) -> PlannedJob:
        """Plan it.

        Raises:
            InvalidRequestError: it cannot be done; names the field.
        """
        ...

    def maker(self, job: JobRecord) -> ChunkMaker:
        """What makes its chunks."""
        ...

    def changed(self, job: JobRecord, old: ChunkRecord, text: str | None, seed: int) -> NewChunk:
        """A chunk to be made again with that seed, and with another text unless it is ``None``.

        Raises:
            InvalidRequestError: the new text does not fit into one chunk.
        """
        ...

    def assemble(self, job: JobRecord, chunks: Sequence[ChunkRecord], cancel: CancelToken) -> JobResult:
        """Make the files of the result from chunks that are all done; all of them appear or none."""
        ...


@dataclass(frozen=True)
class Bench:
    """What jobs are made with.

    Attributes:
        core: speaks.
        audio: keeps what was spoken.
        longest_text: characters that one job may have.
    """

    core: CoreEngine
    audio: ChunkAudio
    longest_text: int

    def defaults(self, request: TTSRequest) -> TTSDefaults:
        """What fields that a request leaves out take now, and for the whole life of a job that is made of it.

        Raises:
            InvalidRequestError: those of its voice are not valid.
        """
        return self.core.casting.defaults(request)

    def plan(self, part: int, request: TTSRequest, defaults: TTSDefaults) -> tuple[PlannedSpeech, list[NewChunk]]:
        """Plan one part of a job and name the audio of its chunks.

        Raises:
            InvalidRequestError: it cannot be spoken; names the field.
        """
        planned = self.core.plan(request, self.longest_text, defaults=defaults)
        order = self.core.order(request, planned, defaults=defaults)
        seed = planned.plan.seed
        return planned, [new_chunk(order, part, chunk, seed) for chunk in planned.plan.chunks]

    def order(self, job: JobRecord, request: TTSRequest, part: int, chunks: Sequence[ChunkRecord]) -> SpeechOrder:
        """How chunks of one part are spoken.

        Raises:
            EngineChangedError: another engine runs than the one the job was planned for.
        """
        self.refuse_other_engine(job)
        planned = job.plan.speech(part, [chunk.chunk for chunk in chunks])
        return self.core.order(request, planned, result_name(job.id), defaults=job.plan.defaults)

    def refuse_other_engine(self, job: JobRecord) -> None:
        """Refuse to work on a job with another engine than it was planned for.

        Raises:
            EngineChangedError: that one is running.
        """
        capabilities = self.core.engine.capabilities
        if (job.plan.engine, job.plan.engine_version) != (capabilities.engine, capabilities.version):
            raise EngineChangedError(
                f"The job was planned for the engine {job.plan.engine!r} {job.plan.engine_version}; "
                f"{capabilities.engine!r} {capabilities.version} is running."
            )


class EngineChangedError(NotReadyError):
    """The running engine is not the one that a job was planned for."""


def new_chunk(order: SpeechOrder, part: int, chunk: PlannedChunk, seed: int) -> NewChunk:
    """A chunk with the name of its audio."""
    validator = order.validator.name if order.validator else None
    return NewChunk(part, chunk, seed, audio_key(chunk, seed, take_rules(order.request), validator))


class StoredChunks:
    """A source of chunks that are done.

    Args:
        audio: has them.
        chunks: of one part, in order.
        report: told of each kept take.
        cancel: stops the reading.
    """

    ahead = 0

    def __init__(
        self, audio: ChunkAudio, chunks: Sequence[ChunkRecord], report: TakeReport, cancel: CancelToken
    ) -> None:
        self._audio = audio
        self._chunks = chunks
        self._report = report
        self._cancel = cancel

    def begin(self, chunk: PlannedChunk) -> None:
        """Nothing has to be begun."""

    def finish(self, chunk: PlannedChunk) -> ChunkResult:
        """Read the audio.

        Raises:
            MissingAudioError: its file is gone or damaged.
        """
        self._cancel.raise_if_stopped()
        record = self._chunks[chunk.index]
        result = self._audio.load(record.audio_key, chunk)
        if result is None:
            raise MissingAudioError(record)
        if result.kept is not None:
            self._report(chunk.index, result.kept.take)
        return result

    def abandon(self) -> None:
        """Nothing has to be forgotten."""


class MissingAudioError(Exception):
    """A chunk that was done has lost its audio and has to be made again."""

    def __init__(self, chunk: ChunkRecord) -> None:
        super().__init__(f"chunk {chunk.number} of job {chunk.job_id}")
        self.chunk = chunk


def result_name(job_id: str) -> str:
    """With which the names of a job's files begin."""
    return f"job_{job_id[:12]}"


def title_of(text: str) -> str:
    """The beginning of a text, for people."""
    return " ".join(text.split())[:80]
