"""What is told about a joined result: its timeline, what had no effect, what people should know, the sidecar."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from api_models.concat import ConcatMetadata, ConcatOptions, TimelineSpan
from core.concat_sources import Source
from library.result_files import StoredFile
from speech.audio.joining import Span
from speech.clips import PEAK_CEILING_DB, Clip
from utils import VERSION, utc_timestamp

_WORTH_TELLING_DB = 0.5


@dataclass(frozen=True)
class JoinPlan:
    """Where everything will lie in a joined result.

    Attributes:
        seed: of the pauses.
        sample_rate: of the result, in Hz.
        sources: the recordings by the index of their segment.
        clips: the same, measured.
        spans: in order, without gaps.
    """

    seed: int
    sample_rate: int
    sources: Mapping[int, Source]
    clips: Mapping[int, Clip]
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class JoinedResult:
    """Joined recordings.

    Attributes:
        files: one for each format, complete on disk.
        metadata: how they were joined.
        audio_seconds: length of the result.
        file_count: recordings that were joined.
        processing_seconds: from the first file that was looked for to the last that was written.
        warnings: sentences for people.
    """

    files: tuple[StoredFile, ...]
    metadata: ConcatMetadata
    audio_seconds: float
    file_count: int
    processing_seconds: float
    warnings: tuple[str, ...]


def metadata_of(plan: JoinPlan, request: ConcatOptions) -> ConcatMetadata:
    """The public form of a plan."""
    removed = [clip.edges.total - clip.length / plan.sample_rate for clip in plan.clips.values()]
    return ConcatMetadata(
        sample_rate=plan.sample_rate,
        seed=plan.seed,
        pauses_ms=[round(span.length * 1000 / plan.sample_rate) for span in plan.spans if span.kind == "pause"],
        files_trimmed=sum(seconds > 0 for seconds in removed),
        total_silence_removed=round(sum(removed), 3),
        ignored_parameters=_without_effect(request),
        timeline=[_described(span, plan) for span in plan.spans],
    )


def warnings_of(plan: JoinPlan, request: ConcatOptions) -> tuple[str, ...]:
    """Sentences for people."""
    found: list[str] = []
    for index, clip in plan.clips.items():
        source = plan.sources[index]
        if clip.damaged:
            found.append(f"{source.name!r} is damaged: only its first {clip.edges.total:.1f} s could be read.")
        if source.facts.channels > 1:
            found.append(f"{source.name!r} has {source.facts.channels} channels, which were averaged into one.")
        if clip.held_back_db > _WORTH_TELLING_DB:
            found.append(
                f"{source.name!r} stays {clip.held_back_db:.1f} dB quieter than asked for, because its peaks would "
                f"pass {PEAK_CEILING_DB:g} dBTP."
            )
    wanted = request.crossfade_ms
    for span in plan.spans:
        made = span.crossfade * 1000 // plan.sample_rate
        if span.crossfade > 0 and made < wanted:
            name = plan.sources[span.part].name
            found.append(f"The crossfade into {name!r} takes {made} ms, half of the shorter file.")
    return tuple(found)


def sidecar_of(plan: JoinPlan, request: ConcatOptions, stem: str) -> str:
    """JSON that is kept beside the audio."""
    facts = {
        "type": "concat",
        "service_version": VERSION,
        "created": utc_timestamp(),
        "stem": stem,
        "settings": {**request.model_dump(mode="json", exclude={"project", "response_mode"}), "seed": plan.seed},
        "audio_seconds": round(plan.spans[-1].end / plan.sample_rate, 3),
        "source_files": [source.name for source in plan.sources.values()],
        **metadata_of(plan, request).model_dump(mode="json"),
        "warnings": list(warnings_of(plan, request)),
    }
    return json.dumps(facts, ensure_ascii=False, indent=1)


def _described(span: Span, plan: JoinPlan) -> TimelineSpan:
    rate = plan.sample_rate
    place = TimelineSpan(
        kind=span.kind,
        segment=None if span.kind == "pause" else span.part,
        source=None,
        start=span.start / rate,
        end=span.end / rate,
        crossfade=span.crossfade / rate,
    )
    if span.kind != "audio":
        return place
    clip = plan.clips[span.part]
    return place.model_copy(
        update={
            "source": plan.sources[span.part].name,
            "trimmed_start": round(clip.edges.start, 3),
            "trimmed_end": round(clip.edges.total - clip.edges.end, 3),
            "gain_db": round(clip.gain_db, 2),
        }
    )


def _without_effect(request: ConcatOptions) -> list[str]:
    varied = request.pause_duration_ms > 0 and request.pause_variation_ms > 0
    effect = {
        "normalize_level": request.normalize_levels,
        "crossfade_ms": request.crossfade_ms == 0 or request.pause_duration_ms == 0,
        "pause_variation_ms": request.pause_variation_ms == 0 or request.pause_duration_ms > 0,
        "trim_threshold_ms": request.trim,
        "seed": request.seed == 0 or varied,
    }
    return [field for field, has in effect.items() if field in request.model_fields_set and not has]
