"""`CoreEngine`: the synchronous, thread-safe heart that plans, speaks, checks, assembles and stores."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from api_models import TTSRequest
from config import Settings
from engine_choice import ChosenEngine, build_engine, build_validator
from exceptions import ChatterboxError, InvalidRequestError, ModelLoadError, NotReadyError
from library.outputs import OutputStore
from results import Readiness, SpeechResult
from speech.admission import Admission
from speech.assembly import speak_plan
from speech.cancel import CancelToken
from speech.engines.protocol import Engine
from speech.lane import Lane
from speech.plan import SEED_LIMIT
from speech.planning import Pauses, PlannedSpeech, choose_language, choose_voice, plan_speech
from speech.progress import Observer, Planned, TakeJudged, ignore
from speech.quality import Quality
from speech.takes import ChunkSpeaker, JudgedTake, TakeRules
from speech.validation.protocol import Validator
from utils import VERSION, utc_timestamp


class CoreEngine:
    """Speaks texts with one engine; every method may be called from any thread.

    Args:
        settings: as `config.load_settings` gives them.
        engine: instead of the one the settings choose.
        validator: instead of the one the settings choose.
    """

    def __init__(self, settings: Settings, *, engine: Engine | None = None, validator: Validator | None = None) -> None:
        self.settings = settings
        self.chosen = ChosenEngine(engine, "given by the caller") if engine else build_engine(settings)
        self.validator = validator or build_validator(settings, self.chosen.engine)
        self.outputs = OutputStore(settings.paths.output_dir)
        self.lane = Lane(self.engine, depth=self._lane_depth())
        self._admission = Admission(settings.server.max_concurrent_requests, settings.server.max_waiting_requests)
        self._readiness = Readiness("starting", "The models are being loaded.")
        self._started = threading.Lock()
        self._loader: threading.Thread | None = None

    @property
    def engine(self) -> Engine:
        """The engine that speaks."""
        return self.chosen.engine

    @property
    def readiness(self) -> Readiness:
        """The present state; changes from ``starting`` once."""
        return self._readiness

    @property
    def models_loaded(self) -> dict[str, bool]:
        """Whether the speech model and the validator are in memory, as far as the start has come."""
        loaded = self._readiness.ready
        return {"tts": loaded, "whisper": loaded and self.validator is not None}

    @property
    def active_requests(self) -> int:
        """Speech requests inside or waiting."""
        return self._admission.present

    def start(self, report: Callable[[str, float], None] | None = None) -> None:
        """Begin to load the models in the background and return at once; further calls do nothing."""
        with self._started:
            if self._loader is None:
                self._loader = threading.Thread(target=self._load, args=(report,), name="model-loader", daemon=True)
                self._loader.start()

    def wait_ready(self, timeout: float) -> Readiness:
        """Start if need be, wait up to `timeout` seconds for the models and return the state."""
        self.start()
        if self._loader is not None:
            self._loader.join(timeout)
        return self._readiness

    def close(self) -> None:
        """Stop the lane and free the models; running requests fail with ``NotReadyError``."""
        self._readiness = Readiness("stopping", "The service is stopping.")
        self.lane.close()
        if self.validator is not None:
            self.validator.unload()

    def plan(self, request: TTSRequest) -> PlannedSpeech:
        """The plan of a request, without generating anything.

        Raises:
            InvalidRequestError: something in the request cannot be done; names the field.
        """
        return self._plan(request.with_defaults(self.settings.tts_defaults))

    def tts(self, request: TTSRequest, observer: Observer = ignore, cancel: CancelToken | None = None) -> SpeechResult:
        """Speak a text into files.

        Args:
            request: fields that are left out take the operator's defaults.
            observer: told of the plan, each take and each finished chunk, in the calling thread.
            cancel: stops the work within one chunk; the configured time limit applies without one.

        Raises:
            ChatterboxError: one of its subclasses; no file of a failed request stays behind.
        """
        if self._readiness.state == "stopping":
            raise NotReadyError("The service is stopping.")
        token = cancel or CancelToken(time.monotonic() + self.settings.server.request_timeout_seconds)
        full = request.with_defaults(self.settings.tts_defaults)
        planned = self._plan(full)
        with self._admission.enter(token):
            return self._speak(full, request, planned, observer, token)

    def _plan(self, request: TTSRequest) -> PlannedSpeech:
        self._refuse_foreign_engine(request)
        limit = self.settings.api.max_text_length
        if len(request.text) > limit:
            raise InvalidRequestError(
                f"The text has {len(request.text)} characters; at most {limit} are allowed.", field="text"
            )
        voice = choose_voice(self.engine, request.voice)
        language = choose_language(self.engine.capabilities, request.language, voice)
        return plan_speech(
            request.text,
            self.engine,
            voice,
            language,
            self._effective_parameters(request),
            Pauses(request.sentence_pause_ms, request.paragraph_pause_ms),
            request.seed or 1 + secrets.randbelow(SEED_LIMIT - 1),
        )

    def _speak(
        self,
        full: TTSRequest,
        asked: TTSRequest,
        planned: PlannedSpeech,
        observer: Observer,
        cancel: CancelToken,
    ) -> SpeechResult:
        started = time.perf_counter()
        plan = planned.plan
        observer(Planned(plan))
        engine_seconds: list[float] = []

        def report(index: int, take: JudgedTake) -> None:
            engine_seconds.append(take.seconds)
            observer(TakeJudged(index, take.take, take.seed, take.seconds, take.check))

        speaker = ChunkSpeaker(
            self.lane, self._validator_for(full, plan.chunks[0].language), plan.seed, _rules(full), cancel, report
        )
        stem = self.outputs.new_stem("tts", plan.seed)
        folder = full.folder or ""
        with self.outputs.recording(folder, stem, full.export_formats, plan.sample_rate) as recording:
            quality = speak_plan(plan, speaker, recording, observer)
        files = self.outputs.stored(folder, stem, full.export_formats, recording.seconds)
        result = SpeechResult(
            files=tuple(files),
            seed=plan.seed,
            voice=plan.chunks[0].voice,
            audio_seconds=recording.seconds,
            processing_seconds=time.perf_counter() - started,
            engine_seconds=sum(engine_seconds),
            quality=quality,
            ignored_parameters=self._ignored(asked),
            warnings=_warnings(planned, quality),
        )
        self.outputs.write_sidecar(folder, stem, self._sidecar(full, result))
        if self._readiness.state == "failed":
            # Someone mended the models: the engine loads at the next request, and this one has just spoken.
            self._readiness = Readiness("ready", "The models are loaded.")
        return result

    def _validator_for(self, request: TTSRequest, language: str) -> Validator | None:
        if request.bypass_whisper_checking or self.validator is None:
            return None
        return self.validator if language.split("-")[0] in self.validator.languages else None

    def _effective_parameters(self, request: TTSRequest) -> dict[str, float]:
        known = {parameter.name: parameter for parameter in self.engine.capabilities.parameters}
        values = {"speed": request.speed_factor}
        return {name: value for name, value in values.items() if name in known}

    def _ignored(self, asked: TTSRequest) -> tuple[str, ...]:
        capabilities = self.engine.capabilities
        effective = {
            "speed_factor": any(parameter.name == "speed" for parameter in capabilities.parameters),
            "seed": capabilities.seeded,
        }
        return tuple(field for field, has in effective.items() if field in asked.model_fields_set and not has)

    def _refuse_foreign_engine(self, request: TTSRequest) -> None:
        name = self.engine.capabilities.engine
        for field in ("engine", "model"):
            asked = getattr(request, field)
            if asked not in ("auto", name, self.engine.capabilities.model):
                raise InvalidRequestError(
                    f"The engine {asked!r} is not running here; this service speaks with {name!r}.", field=field
                )

    def _sidecar(self, request: TTSRequest, result: SpeechResult) -> dict[str, Any]:
        capabilities = self.engine.capabilities
        return {
            "type": "tts",
            "service_version": VERSION,
            "created": utc_timestamp(),
            "settings": {**request.model_dump(), "seed": result.seed},
            "engine": {key: getattr(capabilities, key) for key in ("engine", "model", "version", "watermark")},
            "validator": self.validator.name if self.validator else None,
            "voice": result.voice,
            "files": [{"format": file.format, "filename": file.name} for file in result.files],
            "audio_seconds": result.audio_seconds,
            "processing_seconds": round(result.processing_seconds, 3),
            "engine_seconds": round(result.engine_seconds, 3),
            "quality": asdict(result.quality),
            "ignored_parameters": list(result.ignored_parameters),
            "warnings": list(result.warnings),
        }

    def _lane_depth(self) -> int:
        chunks_each = 2 + max(1, self.engine.capabilities.max_batch)
        return self.settings.server.max_concurrent_requests * chunks_each

    def _load(self, report: Callable[[str, float], None] | None) -> None:
        try:
            self.lane.load(report).result()
            if self.validator is not None:
                self.validator.load(report)
        except ModelLoadError as error:
            state = Readiness("failed", error.message)
        except ChatterboxError as error:
            state = Readiness("failed", f"The models could not be loaded: {error.message}")
        else:
            state = Readiness("ready", "The models are loaded.")
        if self._readiness.state == "starting":
            self._readiness = state


def _rules(request: TTSRequest) -> TakeRules:
    return TakeRules(
        candidates=request.num_candidates_per_chunk,
        attempts=request.max_attempts_per_candidate,
        policy=request.candidate_policy,
        on_failure=request.on_failure,
        threshold=request.whisper_threshold,
        transcribe=request.transcripts,
    )


def _warnings(planned: PlannedSpeech, quality: Quality) -> tuple[str, ...]:
    unspoken = [f"Chunk {chunk.index + 1} was not spoken: {chunk.text}" for chunk in quality.chunks if not chunk.spoken]
    doubtful = [
        f"Chunk {chunk.index + 1} did not pass its check in {chunk.takes} takes; the best one was kept."
        for chunk in quality.chunks
        if chunk.spoken and chunk.passed is False
    ]
    wordless = [f"Nothing to say in: {text[:80]}" for text in planned.wordless]
    return (*unspoken, *doubtful, *wordless)
