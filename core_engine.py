"""`CoreEngine`: the synchronous, thread-safe heart that plans, speaks, checks, assembles and stores."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from api_models import ConcatRequest, MixedConcatRequest, TextOptions, TextPreviewRequest, TTSRequest, VCOptions
from config import Settings
from core.concat_report import JoinedResult
from core.concat_sources import UploadedAudio
from core.concat_work import Join
from core.conversion_work import SourceRecording, carry_out_conversion
from core.conversions import Conversions
from core.downloads import Downloads
from core.engine_choice import ChosenEngine, build_engine, build_validators
from core.foreseen import foreseen_warnings, unavailable_checker
from core.live_speech import LiveSpeech
from core.loading import ModelLoading, Report
from core.operations import Operations
from core.request_rules import engine_use, finishing_rules, reading_rules, refuse_foreign, refuse_long, refuse_speed
from core.results import ConversionResult, Readiness, SpeechResult
from core.speech_work import SpeechOrder, Workshop, carry_out
from core.validators import ValidatorChoice, ValidatorPool
from exceptions import NotReadyError
from library.outputs import OutputStore
from library.recordings import RecordingStore
from speech.admission import Admission
from speech.cancel import CancelToken
from speech.engines.protocol import Engine
from speech.lane import Lane
from speech.plan import SEED_LIMIT
from speech.planning import PlannedSpeech, choose_voice, plan_speech
from speech.progress import Observer, ignore
from speech.retry import Retry, once
from speech.validation.protocol import Validator

TAKES_AT_ONCE = 10
"""Most takes of one chunk that wait together: `num_candidates_per_chunk` of a policy that makes whole rounds."""


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
            ValidatorPool.of_one(validator) if validator else build_validators(settings, self.chosen.engine, retry)
        )
        self.operations = Operations()
        self.outputs = OutputStore(settings.paths.output_dir)
        self.voices = RecordingStore(settings.paths.reference_audio_dir)
        self.vc_inputs = RecordingStore(settings.paths.vc_input_dir)
        self.downloads = Downloads(settings)
        self.lane = Lane(self.engine, self._lane_depth(), settings.models.idle_unload_minutes * 60)
        self.workshop = Workshop(self.lane, self.outputs, settings.paths.temp_dir)
        self._conversions = Conversions(settings, self.lane, self.validators, self.voices, self.vc_inputs)
        self._admission = Admission(settings.server.max_concurrent_requests, settings.server.max_waiting_requests)
        self._loading = ModelLoading(self._load)

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
        """The present state; changes from ``starting`` once."""
        return self._loading.readiness

    @property
    def models_loaded(self) -> dict[str, bool]:
        """Whether the speech model and the validator are in memory, as far as the start has come."""
        whisper = self.readiness.ready and self.validator is not None
        return {"tts": self.lane.loaded, "whisper": whisper}

    @property
    def active_requests(self) -> int:
        """Speech requests inside or waiting."""
        return self._admission.present

    def start(self, report: Report | None = None) -> None:
        """Begin to load the models in the background and return at once; further calls do nothing."""
        self._loading.start(report)

    def wait_ready(self, timeout: float) -> Readiness:
        """Start if need be, wait up to `timeout` seconds for the models and return the state."""
        return self._loading.wait(timeout)

    def close(self) -> None:
        """Stop the lane and free the models; running requests fail with ``NotReadyError``."""
        self._loading.stop()
        self.lane.close()
        self.validators.close()

    def plan(
        self, request: TTSRequest | TextPreviewRequest, longest: int | None = None, *, short_opening: bool = False
    ) -> PlannedSpeech:
        """The plan of a request, without generating anything.

        Args:
            request: fields that are left out take the operator's defaults.
            longest: characters its text may have, instead of the configured limit.
            short_opening: cut the first chunks short, so that sound starts early.

        Raises:
            InvalidRequestError: something in the request cannot be done; names the field.
        """
        full = request.with_defaults(self.settings.tts_defaults)
        refuse_long(full.text, longest or self.settings.api.max_text_length)
        if isinstance(full, TTSRequest) and isinstance(request, TTSRequest):
            refuse_speed(full.speed_factor, self.settings.speed_factor)
            use = engine_use(request, full, self.engine.capabilities)
            finishing_rules(full, use.stretch)
            return self._plan(full, full.text, use.parameters, full.seed, short_opening)
        return self._plan(full, full.text, {}, 1, short_opening)

    def tts(
        self,
        request: TTSRequest,
        observer: Observer = ignore,
        cancel: CancelToken | None = None,
        *,
        name: str = "tts",
    ) -> SpeechResult:
        """Speak a text into files.

        Args:
            request: fields that are left out take the operator's defaults.
            observer: told of the plan, each take and each finished chunk, in the calling thread.
            cancel: stops the work within one chunk; the configured time limit applies without one.
            name: begins the names of the files.

        Raises:
            ChatterboxError: one of its subclasses; no file of a failed request stays behind.
        """
        token = self._token(cancel)
        with self.operations.operation("tts", observer) as operation:
            planned = self.plan(request)
            with self._admitted(token):
                order = self.order(request, planned, name)
                result = carry_out(order, self.workshop, operation.observe, token)
            operation.audio_seconds = sum(generation.audio_seconds for generation in result.generations)
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
        token = self._token(cancel)
        with self.operations.operation("vc", observer) as operation:
            refuse_foreign(request, self.engine.capabilities)
            with self._admitted(token), self.downloads.during(token) as fetch:
                order = self._conversions.order(request, upload, fetch)
                result = carry_out_conversion(order, self.workshop, operation.observe, token)
            operation.audio_seconds = result.audio_seconds
            return result

    @contextlib.contextmanager
    def stream(
        self, request: TTSRequest, observer: Observer = ignore, cancel: CancelToken | None = None
    ) -> Iterator[LiveSpeech]:
        """Speak a text chunk by chunk to a listener; a context in which `LiveSpeech.blocks` are to be taken.

        The first chunks are cut short, so that sound starts early, and no files are made.

        Args:
            request: fields that are left out take the operator's defaults.
            observer: told of the plan, each take and each finished chunk, in the calling thread.
            cancel: stops the work within one chunk; the configured time limit applies without one.

        Raises:
            ChatterboxError: one of its subclasses.
        """
        token = self._token(cancel)
        with self.operations.operation("tts", observer) as operation:
            planned = self.plan(request, short_opening=True)
            with self._admitted(token):
                live = LiveSpeech(request, self.order(request, planned), self.workshop, operation.observe, token)
                yield live
            operation.audio_seconds = live.seconds

    def concat(
        self,
        request: ConcatRequest | MixedConcatRequest,
        uploads: Sequence[UploadedAudio] = (),
        observer: Observer = ignore,
        cancel: CancelToken | None = None,
    ) -> JoinedResult:
        """Join recordings into one; `uploads` are those that the request names by index, the rest is as of `tts`."""
        token, longest = self._token(cancel), self.settings.api.max_concat_hours * 3600
        with self.operations.operation("concat", observer) as operation, self._admission.enter(token):
            result = Join(request, self.outputs, longest, operation.observe, token).make(uploads)
            operation.audio_seconds = result.audio_seconds
            return result

    def order(self, request: TTSRequest, planned: PlannedSpeech, name: str = "tts") -> SpeechOrder:
        """A planned request with everything it takes to carry it out; loads the checker that it asks for.

        Args:
            request: as it came.
            planned: what `plan` made of it.
            name: begins the names of the files.

        Raises:
            InvalidRequestError: something in the request cannot be done; names the field.
        """
        full = request.with_defaults(self.settings.tts_defaults)
        use = engine_use(request, full, self.engine.capabilities)
        finishing = finishing_rules(full, use.stretch)
        choice = self._validator_for(full, planned.plan.chunks[0].language)
        if choice.instead:
            use = use.with_ignored(unavailable_checker(full))
        return SpeechOrder(
            full, planned, use, finishing, choice.validator, name, foreseen_warnings(planned, choice, full)
        )

    def _token(self, given: CancelToken | None) -> CancelToken:
        return given or CancelToken(time.monotonic() + self.settings.server.request_timeout_seconds)

    @contextlib.contextmanager
    def _admitted(self, token: CancelToken) -> Iterator[None]:
        if self.readiness.state == "stopping":
            raise NotReadyError("The service is stopping.")
        with self._admission.enter(token):
            yield
        self._loading.proven()

    def _plan(
        self, options: TextOptions, text: str, parameters: Mapping[str, float], seed: int, short_opening: bool
    ) -> PlannedSpeech:
        refuse_foreign(options, self.engine.capabilities)
        voice = choose_voice(self.engine, options.voice)
        rules = replace(reading_rules(options), short_opening=short_opening)
        drawn = seed or 1 + secrets.randbelow(SEED_LIMIT - 1)
        return plan_speech(text, self.engine, voice, options.language, parameters, rules, drawn)

    def _validator_for(self, request: TTSRequest, language: str) -> ValidatorChoice:
        if request.bypass_whisper_checking:
            return ValidatorChoice(None)
        choice = self.validators.choose(request.whisper_model_name, faster_whisper=request.use_faster_whisper)
        knows = choice.validator is not None and language.split("-")[0] in choice.validator.languages
        return choice if knows else ValidatorChoice(None, choice.instead)

    def _lane_depth(self) -> int:
        chunks_each = 1 + TAKES_AT_ONCE + max(1, self.engine.capabilities.max_batch)
        return self.settings.server.max_concurrent_requests * chunks_each

    def _load(self, tell: Report) -> None:
        with self.operations.operation("model_load"):
            self.lane.load(tell).result()
            if self.validator is not None:
                self.validator.load(tell)
