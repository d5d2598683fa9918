"""One request to join recordings: measure them all, lay them out, then write the result once."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from api_models.concat import ConcatRequest, MixedConcatRequest, Silence
from core.concat_report import JoinedResult, JoinPlan, metadata_of, sidecar_of, warnings_of
from core.concat_sources import Source, UploadedAudio, find_sources
from exceptions import ConflictError, InvalidRequestError
from library.outputs import OutputStore
from library.result_files import Recording
from library.roots import safe_segment
from speech.admission import Work
from speech.audio import joining
from speech.audio.blocks import windows
from speech.audio.decode import UnreadableAudioError
from speech.audio.encode import FORMATS
from speech.cancel import CancelToken
from speech.clips import Check, Clip, ClipRules, measure_clip
from speech.plan import SEED_LIMIT
from speech.progress import ClipMeasured, Joined, Observer, ignore

RATES = (24_000, 48_000)
"""Of results, in Hz: the lowest that loses nothing of any recording, else the highest."""


class Join:
    """Joins what one request names; all files of the result appear, or none.

    Every recording is measured before the first sample is written, so that an unusable one costs nothing.

    Args:
        request: what to join, and how.
        uploads: those that the request names by index.
        outputs: where recordings are found and the result is stored.
        longest: seconds that all recordings together may have.

    Raises:
        InvalidRequestError, ResourceNotFoundError: a recording is not there or holds no audio.
    """

    def __init__(
        self,
        request: ConcatRequest | MixedConcatRequest,
        uploads: Sequence[UploadedAudio],
        outputs: OutputStore,
        longest: float,
    ) -> None:
        self._request = request
        self._outputs = outputs
        self._longest = longest
        self._folder = request.folder or request.project or ""
        self._seed = request.seed or 1 + secrets.randbelow(SEED_LIMIT - 1)
        self._sources = find_sources(request, uploads, outputs.root)
        self._observer: Observer = ignore
        self._cancel = CancelToken()

    @property
    def work(self) -> Work:
        """By the headers of the recordings, all of which are read once to be measured and once to be written."""
        stated = [source.facts.seconds for source in self._sources.values()]
        known = [seconds for seconds in stated if seconds is not None]
        return Work("concat", 2 * min(sum(known), self._longest) if len(known) == len(stated) else None)

    def make(self, observer: Observer, cancel: CancelToken) -> JoinedResult:
        """Measure, lay out and write.

        Args:
            observer: told of every measured recording and of what is written.
            cancel: stops the work within a block.

        Raises:
            ChatterboxError: one of its subclasses.
        """
        started = time.perf_counter()
        stem = self._stem()
        self._observer, self._cancel = observer, cancel
        plan = self._plan(self._sources)
        with self._outputs.result(self._folder) as files:
            with files.audio(stem, self._request.export_formats, plan.sample_rate, {"title": stem}) as recording:
                self._write(plan, recording)
            files.text(f"{stem}.json", sidecar_of(plan, self._request, stem), "record", "json", 1)
        return JoinedResult(
            files=files.stored,
            metadata=metadata_of(plan, self._request),
            audio_seconds=recording.seconds,
            file_count=len(plan.clips),
            processing_seconds=time.perf_counter() - started,
            warnings=warnings_of(plan, self._request),
        )

    def _stem(self) -> str:
        """Of the result's file names, new among the outputs."""
        if self._request.output_filename is None:
            return self._outputs.new_stem("concat", self._seed)
        name = Path(safe_segment(self._request.output_filename, "output_filename"))
        endings = {spec.suffix for spec in FORMATS.values()}
        stem = name.stem if name.suffix.lower() in endings else name.name
        for ending in (".json", *(FORMATS[name].suffix for name in self._request.export_formats)):
            if self._outputs.has(self._folder, f"{stem}{ending}"):
                raise ConflictError(f"There is a file {stem}{ending} already.", field="output_filename")
        return stem

    def _plan(self, sources: Mapping[int, Source]) -> JoinPlan:
        highest = max(source.facts.sample_rate for source in sources.values())
        rate = next((rate for rate in RATES if rate >= highest), RATES[-1])
        clips = self._measure(sources, rate)
        parts: list[joining.Part] = [
            joining.Silence(_samples(segment.milliseconds, rate))
            if isinstance(segment, Silence)
            else joining.Sound(clips[index].length)
            for index, segment in enumerate(self._request.segments)
        ]
        generator = np.random.default_rng(self._seed)
        shortest, longest = self._request.pause_range_ms

        def draw_pause() -> int:
            return _samples(int(generator.integers(shortest, longest, endpoint=True)), rate)

        spans = joining.plan_spans(parts, _samples(self._request.crossfade_ms, rate), draw_pause)
        return JoinPlan(self._seed, rate, sources, clips, spans)

    def _measure(self, sources: Mapping[int, Source], rate: int) -> dict[int, Clip]:
        request = self._request
        rules = ClipRules(
            trim_ms=request.trim_threshold_ms if request.trim else None,
            level=request.normalize_level if request.normalize_levels else None,
        )
        left = int(self._longest * rate)
        clips: dict[int, Clip] = {}
        for index, source in sources.items():
            try:
                clips[index] = measure_clip(source.audio, rate, rules, self._check(source, left))
            except UnreadableAudioError as error:
                raise InvalidRequestError(f"{source.name!r} holds no sound.", field=source.field) from error
            left -= clips[index].length
            self._observer(ClipMeasured(len(clips), len(sources), clips[index].length / rate))
        return clips

    def _check(self, source: Source, most: int) -> Check:
        def check(position: int) -> None:
            self._cancel.raise_if_stopped()
            if position > most:
                raise InvalidRequestError(
                    f"With {source.name!r} the recordings are longer than {self._longest / 3600:g} hours together.",
                    field=source.field,
                )

        return check

    def _write(self, plan: JoinPlan, recording: Recording) -> None:
        total = plan.spans[-1].end / plan.sample_rate
        try:
            joined = joining.join(plan.spans, lambda part: plan.clips[part].blocks(self._go_on))
            for block in windows(joined, plan.sample_rate):
                recording.write(block)
                self._observer(Joined(recording.seconds, total))
        except joining.LengthError as error:
            source = plan.sources[error.part]
            raise ConflictError(f"{source.name!r} changed while it was joined.", field=source.field) from error

    def _go_on(self, position: int) -> None:
        self._cancel.raise_if_stopped()


def _samples(milliseconds: float, rate: int) -> int:
    return round(milliseconds * rate / 1000)
