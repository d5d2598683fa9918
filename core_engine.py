"""`CoreEngine`: the synchronous, thread-safe heart that plans, speaks, checks, assembles and stores."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from api_models import ConcatRequest, MixedConcatRequest, TextPreviewRequest, TTSDefaults, TTSRequest, VCOptions
from config import Settings
from core.casting import Casting
from core.concat_report import JoinedResult
from core.concat_sources import UploadedAudio
from core.concat_work import Join
from core.conversion_work import SourceRecording, carry_out_conversion
from core.conversions import Conversions
from core.door import Door
from core.downloads import Downloads
from core.engine_choice import ChosenEngine, build_engine, build_validators
from core.folders import Folders
from core.foreseen import foreseen_warnings, unavailable_checker
from core.kept_chunks import NOTHING_KEPT, NothingKept
from core.live_speech import LiveSpeech
from core.models import LoadReport, Models, build_lane
from core.operations import Operations
from core.request_rules import engine_use, finishing_rules, plan_parameters, reading_rules, refuse_foreign, refuse_long
from core.results import ConversionResult, Readiness, SpeechResult
from core.speech_work import SpeechOrder, Workshop, carry_out
from core.transcriptions import Transcriptions
from core.validators import ValidatorPool, validator_for
from core.voice_matches import matched_voices
from core.watermarks import MarkFindings, find_mark
from exceptions import NotReadyError
from library.outputs import OutputStore
from speech.admission import Work
from speech.cancel import CancelToken
from speech.engines.protocol import Engine
from speech.planning import PlannedSpeech, plan_speech
from speech.progress import Observer, ignore
from speech.retry import Retry, once
from speech.validation.protocol import Validator


class CoreEngine:
    """Speaks texts with one engine; every method may be called from any thread.

    Args:
        settings: as `config.load_settings` gives them.
        engine: instead of the one the settings choose.
        validator: instead of the one the settings choose.
        retry: how downloads of models are tried again.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        engine: Engine | None = None,
        validator: Validator | None = None,
        retry: Retry = once,
    ) -> None:
        self.settings = settings
        self.chosen = ChosenEngine(engine, "given by the caller") if engine else build_engine(settings, retry)
        self.validators = (
            ValidatorPool.of_one(validator) if validator else build_validators(settings, self.engine, retry)
        )
        self.operations = Operations()
        self._folders = Folders(settings)
        self.outputs, self.voices, self.vc_inputs = self._folders.stores
        self.downloads = Downloads(settings)
        self.lane = build_lane(settings, self.engine)
        self.workshop = Workshop(self.lane, self.outputs, settings.paths.temp_dir)
        self.casting = Casting(self.lane, self.voices, settings, self.downloads)
        self.conversions = Conversions(settings, self.lane, self.validators, self.voices, self.vc_inputs)
        self.models = Models(self.lane, self.validators, self.operations, settings.error_handling.model_loading)
        self.door = Door(settings, self.models)
        self.transcriptions = Transcriptions(
            settings, self.validators, self._folders.examiner, self.door, self.operations
        )

    @property
    def engine(self) -> Engine:
        """The engine that speaks."""
        return self.chosen.engine

    @property
    def validator(self) -> Validator | None:
        """The configured validator; ``None`` where takes are not checked."""
        return self.validators.configured

    @property
    def readiness(self) -> Readiness:
        """Whether speech requests are answered."""
        return self.models.readiness

    @property
    def active_requests(self) -> int:
        """Speech requests inside or waiting."""
        return self.door.present

    def start(self, report: LoadReport | None = None) -> None:
        """Begin to load the models in the background and return at once; further calls do nothing."""
        self.models.start(report)

    def wait_ready(self, timeout: float) -> Readiness:
        """Start if need be, wait up to `timeout` seconds for the models and return the state."""
        return self.models.wait_ready(timeout)

    def refuse_new(self) -> None:
        """Take on nothing more; what is under way goes on."""
        self.models.stop()

    def close(self) -> None:
        """Cancel what is under way, stop the lane and free the models."""
        self.refuse_new()
        self.door.cancel_all(NotReadyError("The service is stopping."))
        self.lane.close()
        self.validators.unload()
        self._folders.close()

    def plan(
        self,
        request: TTSRequest | TextPreviewRequest,
        longest: int | None = None,
        *,
        defaults: TTSDefaults | None = None,
        short_opening: bool = False,
    ) -> PlannedSpeech:
        """The plan of a request, without generating anything.

        Args:
            request: fields that are left out take the operator's defaults.
            longest: characters its text may have, instead of the configured limit.
            defaults: instead of those that hold now.
            short_opening: cut the first chunks short, so that sound starts early.

        Raises:
            InvalidRequestError: something in the request cannot be done; names the field.
        """
        full = request.with_defaults(defaults or self.casting.defaults(request))
        refuse_long(full.text, longest or self.settings.api.max_text_length)
        refuse_foreign(full, self.engine.capabilities)
        parameters, seed = plan_parameters(request, full, self.engine.capabilities, self.settings.speed_factor)
        rules, choose = replace(reading_rules(full), short_opening=short_opening), self.casting.choose
        return plan_speech(full.text, self.engine, choose(full.voice), full.language, parameters, rules, seed, choose)

    def tts(
        self,
        request: TTSRequest,
        observer: Observer = ignore,
        cancel: CancelToken | None = None,
        *,
        name: str = "tts",
        outputs: OutputStore | None = None,
        chunks: NothingKept = NOTHING_KEPT,
    ) -> SpeechResult:
        """Speak a text into files.

        Args:
            request: fields that are left out take the operator's defaults.
            observer: told of the plan, each take and each finished chunk, in the calling thread.
            cancel: stops the work within one chunk; the configured time limit applies without one.
            name: begins the names of the files.
            outputs: where they are to be, instead of the service's outputs.
            chunks: keeps what is spoken, and has what need not be spoken again.

        Raises:
            ChatterboxError: one of its subclasses; no file of a failed request stays behind.
        """
        token = self.door.token(cancel)
        workshop = self.workshop if outputs is None else replace(self.workshop, outputs=outputs)
        with self.operations.operation("tts", observer) as operation:
            self.door.refuse_overload()
            with self.casting.fetched(request, token) as asked:
                planned = chunks.planned(self.plan(asked))
                work = Work("tts", planned.plan.length * request.num_generations)
                with self.door.enter(token, work, operation.observe) as place:
                    order = self.order(asked, planned, name)
                    result = carry_out(order, workshop, place.observe, token, chunks.source(order, workshop))
            operation.audio_seconds = sum(generation.audio_seconds for generation in result.generations)
        if outputs is None:
            self.casting.note_use(chunk.voice for chunk in planned.plan.chunks)
        return result

    def vc(
        self,
        request: VCOptions,
        observer: Observer = ignore,
        cancel: CancelToken | None = None,
        *,
        upload: SourceRecording | None = None,
    ) -> ConversionResult:
        """Speak a recording again in another voice.

        Args:
            request: fields that are left out take the operator's defaults; a ``VCRequest`` names its recording.
            observer: told of each finished piece, in the calling thread.
            cancel: stops the work within one piece; the configured time limit applies without one.
            upload: the recording itself, instead of a named one.

        Raises:
            ChatterboxError: one of its subclasses; no file of a failed request stays behind.
        """
        token = self.door.token(cancel)
        with self.operations.operation("vc", observer) as operation:
            self.door.refuse_overload()
            refuse_foreign(request, self.engine.capabilities)
            with self.downloads.during(token) as fetch:
                recording = upload or self.conversions.recording(request, fetch)
                work = self.conversions.work(recording)
                with self.door.enter(token, work, operation.observe) as place:
                    order = self.conversions.order(request, recording, fetch, token)
                    result = carry_out_conversion(order, self.workshop, place.observe, token)
            operation.audio_seconds = result.audio_seconds
        self.casting.note_use([order.voice])
        return result

    @contextlib.contextmanager
    def stream(
        self,
        request: TTSRequest,
        observer: Observer = ignore,
        cancel: CancelToken | None = None,
        *,
        short_opening: bool = True,
    ) -> Iterator[LiveSpeech]:
        """Speak to a listener, chunk by chunk and without files; a context in which to take `LiveSpeech.blocks`.

        Args:
            request: fields that are left out take the operator's defaults.
            observer: told of the plan, each take and each finished chunk, in the calling thread.
            cancel: stops the work within one chunk; the configured time limit applies without one.
            short_opening: cut the first chunks short, so that sound starts early.

        Raises:
            ChatterboxError: one of its subclasses.
        """
        token = self.door.token(cancel)
        with self.operations.operation("tts", observer) as operation:
            self.door.refuse_overload()
            with self.casting.fetched(request, token) as asked:
                planned = self.plan(asked, short_opening=short_opening)
                with self.door.enter(token, Work("tts", planned.plan.length), operation.observe) as place:
                    live = LiveSpeech(asked, self.order(asked, planned), self.workshop, place.observe, token)
                    yield live
            operation.audio_seconds = live.seconds
            self.casting.note_use(chunk.voice for chunk in planned.plan.chunks)

    def concat(
        self,
        request: ConcatRequest | MixedConcatRequest,
        uploads: Sequence[UploadedAudio] = (),
        observer: Observer = ignore,
        cancel: CancelToken | None = None,
    ) -> JoinedResult:
        """Join recordings into one; `uploads` are those that the request names by index, the rest is as of `tts`."""
        token, longest = self.door.token(cancel), self.settings.api.max_concat_hours * 3600
        with self.operations.operation("concat", observer) as operation:
            self.door.refuse_overload()
            join = Join(request, uploads, self.outputs, longest)
            with self.door.enter(token, join.work, operation.observe) as place:
                result = join.make(place.observe, token)
            operation.audio_seconds = result.audio_seconds
            return result

    def find_mark(
        self, recording: SourceRecording, observer: Observer = ignore, cancel: CancelToken | None = None
    ) -> MarkFindings:
        """Look for the engine's inaudible mark in a recording; errors as of `core.watermarks.find_mark`."""
        token, longest = self.door.token(cancel), self.settings.api.max_recording_minutes * 60
        with self.operations.operation("watermark", observer) as operation:
            self.door.refuse_overload()
            with self.door.enter(token, Work("watermark", None), operation.observe):
                found = find_mark(self.engine, recording, longest, token)
            operation.audio_seconds = found.audio_seconds
            return found

    def order(
        self, request: TTSRequest, planned: PlannedSpeech, name: str = "tts", *, defaults: TTSDefaults | None = None
    ) -> SpeechOrder:
        """A planned request with everything it takes to carry it out; loads the checker that it asks for.

        Args:
            request: as it came.
            planned: what `plan` made of it.
            name: begins the names of the files.
            defaults: instead of those that hold now.

        Raises:
            InvalidRequestError: something in the request cannot be done; names the field.
        """
        full = request.with_defaults(defaults or self.casting.defaults(request))
        use = engine_use(request, full, self.engine.capabilities)
        finishing = finishing_rules(full, use.stretch)
        choice = validator_for(self.validators, full, planned.plan.chunks[0].language)
        if choice.instead:
            use = use.with_ignored(unavailable_checker(full))
        matched = matched_voices((chunk.voice for chunk in planned.plan.chunks), self.lane, self.door.token(None))
        warnings = foreseen_warnings(planned, choice, full) + matched
        return SpeechOrder(full, planned, use, finishing, choice.validator, name, warnings)
