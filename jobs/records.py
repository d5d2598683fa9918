"""What the job database holds, as values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

from pydantic import ValidationError

from api_models import TTSDefaults, VCDefaults
from jobs.states import ChunkState, JobState
from speech.plan import Plan, PlannedChunk
from speech.planning import PlannedSpeech

Defaults = TypeVar("Defaults", TTSDefaults, VCDefaults)


@dataclass(frozen=True)
class Part:
    """A chapter of a job, or the whole of a job without chapters.

    Attributes:
        title: of the chapter.
        lead_pause_ms: silence before its first chunk.
        wordless: see `PlannedSpeech`.
        ignored_tags: see `PlannedSpeech`.
    """

    title: str
    lead_pause_ms: int = 0
    wordless: tuple[str, ...] = ()
    ignored_tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class ConversionPlan:
    """What a job converts.

    Attributes:
        recording: id on the shelf.
        name: as the client calls it.
        defaults: as of `JobPlan`.
    """

    recording: str
    name: str
    defaults: VCDefaults | None


@dataclass(frozen=True)
class JobPlan:
    """What is common to the chunks of a job; the chunks themselves are rows of their own.

    Attributes:
        engine: that must speak them.
        engine_version: of it.
        sample_rate: in Hz.
        seed: base seed.
        parts: chapters in order.
        defaults: of fields that its request leaves out, as they were when it was handed in; ``None`` for those that
            hold now, where a job was stored without any or with such that are not valid any more.
        conversion: of a job that converts a recording.
    """

    engine: str
    engine_version: str
    sample_rate: int
    seed: int
    parts: tuple[Part, ...]
    defaults: TTSDefaults | None
    conversion: ConversionPlan | None = None

    def to_json(self) -> str:
        """Serialise; `from_json` gives an equal plan back."""
        return json.dumps(asdict(self), ensure_ascii=False, default=lambda defaults: defaults.model_dump())

    @classmethod
    def from_json(cls, text: str) -> JobPlan:
        """Read what `to_json` wrote."""
        raw: dict[str, Any] = json.loads(text)
        parts = tuple(
            Part(part["title"], part["lead_pause_ms"], tuple(part["wordless"]), tuple(part["ignored_tags"]))
            for part in raw.pop("parts")
        )
        conversion = raw.pop("conversion", None)
        if conversion is not None:
            conversion = ConversionPlan(**{**conversion, "defaults": _stored(VCDefaults, conversion["defaults"])})
        defaults = _stored(TTSDefaults, raw.pop("defaults", None))
        return cls(parts=parts, defaults=defaults, conversion=conversion, **raw)

    def speech(self, part: int, chunks: Sequence[PlannedChunk]) -> PlannedSpeech:
        """The plan of one part, made of its chunks, which are numbered from 0 in it."""
        facts = self.parts[part]
        numbered = tuple(replace(chunk, index=index) for index, chunk in enumerate(chunks))
        plan = Plan(self.engine, self.engine_version, self.sample_rate, self.seed, numbered, facts.lead_pause_ms)
        return PlannedSpeech(plan, "", facts.wordless, facts.ignored_tags)


def _stored(kind: type[Defaults], raw: dict[str, Any] | None) -> Defaults | None:
    try:
        return kind.model_validate(raw)
    except ValidationError:
        return None


@dataclass(frozen=True)
class NewChunk:
    """A chunk to be spoken: its part, how it is spoken, its base seed, and the name of its audio."""

    part: int
    chunk: PlannedChunk
    seed: int
    audio_key: str


@dataclass(frozen=True)
class NewJob:
    """A job to be stored.

    Attributes:
        type: ``tts``, ``vc`` or ``audiobook``.
        title: for people.
        request: as JSON.
        plan: common facts.
        chunks: in order.
        priority: higher ones are served first.
        idempotency_key: that the caller gave, with which the same request is stored once.
        webhook_url: told of the end.
    """

    type: str
    title: str
    request: str
    plan: JobPlan
    chunks: tuple[NewChunk, ...]
    priority: int = 0
    idempotency_key: str | None = None
    webhook_url: str | None = None


@dataclass(frozen=True)
class JobRecord:
    """A stored job; times in seconds since 1970."""

    id: str
    type: str
    title: str
    state: JobState
    reason: str | None
    message: str | None
    priority: int
    request: str
    plan: JobPlan
    result: str | None
    created: float
    started: float | None
    finished: float | None
    webhook_url: str | None


@dataclass(frozen=True)
class ChunkRecord:
    """A stored chunk; `number` counts through the job, `passed` is ``None`` where nothing was checked."""

    job_id: str
    number: int
    part: int
    chunk: PlannedChunk
    seed: int
    audio_key: str
    state: ChunkState
    audio_seconds: float | None
    passed: bool | None


@dataclass(frozen=True)
class Progress:
    """How far a job's chunks have come.

    Attributes:
        total: chunks of the job.
        done: those that have their audio.
        failed: those that could not be made.
        characters: of all chunks.
        characters_done: of those that are done.
        audio_seconds: of those that are done.
        characters_per_second: in which the last ones were done; ``None`` until two were.
    """

    total: int
    done: int
    failed: int
    characters: int
    characters_done: int
    audio_seconds: float
    characters_per_second: float | None

    @property
    def eta_seconds(self) -> float | None:
        """Seconds until the last chunk is done at the present speed."""
        if not self.characters_per_second:
            return None
        return (self.characters - self.characters_done) / self.characters_per_second


@dataclass(frozen=True)
class Pace:
    """What earlier jobs came to, per character of their text; ``None`` where there were none."""

    audio_seconds_per_character: float | None
    work_seconds_per_character: float | None


@dataclass(frozen=True)
class Event:
    """Something that happened to a job; ids grow."""

    id: int
    job_id: str
    kind: str
    data: dict[str, Any]
    at: float
