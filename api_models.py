"""Requests and replies of the HTTP interface; `CoreEngine` takes and gives the same objects in process."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

FormatName = Literal["wav", "mp3", "flac", "opus", "aac"]

LATER_FIELDS = frozenset(
    {
        "exaggeration", "temperature", "cfg_weight", "use_faster_whisper", "use_longest_transcript_on_fail",
        "enable_batching", "smart_batch_short_sentences", "to_lowercase", "normalize_spacing", "fix_dot_letters",
        "remove_reference_numbers", "use_auto_editor", "keep_original_wav_ae", "ae_threshold", "ae_margin",
        "normalize_audio", "normalize_method", "normalize_level", "normalize_tp", "normalize_lra",
        "sound_words_field", "speed_factor_library", "trim", "trim_threshold_ms", "disable_watermark",
        "num_generations", "denoise", "pronunciations", "captions", "separate_chunks", "whisper_model_name",
    }
)  # fmt: skip
"""Fields of the published interface that this version refuses by name rather than ignoring them."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, str_strip_whitespace=False)


class TTSDefaults(_Strict):
    """The fields of a speech request that have a default, each with its range."""

    voice: str = Field("", max_length=200)
    """Name of a voice; empty for the configured or the engine's first voice."""
    engine: str = Field("auto", max_length=60)
    """Engine to speak with; `auto` is the one that the configuration chose."""
    model: str = Field("auto", max_length=60)
    """Same as `engine`, for clients that speak of models; the two must not contradict each other."""
    language: str = Field("", max_length=35)
    """BCP 47 tag of the text; empty for the voice's own."""
    seed: int = Field(0, ge=0, le=2**32 - 1)
    """Starting point of all that is random; 0 draws one, which the reply reports."""
    speed_factor: float = Field(1.0, ge=0.5, le=2.0)
    """Speaking rate; 2 is twice as fast, the pitch stays."""
    num_candidates_per_chunk: int = Field(3, ge=1, le=10)
    """Takes of a chunk in one round."""
    max_attempts_per_candidate: int = Field(3, ge=1, le=10)
    """Rounds of takes at most, each with new seeds."""
    candidate_policy: Literal["first_pass", "shortest", "best_score"] = "first_pass"
    """`first_pass` keeps the first take that passes; `shortest` and `best_score` make a whole round and choose."""
    bypass_whisper_checking: bool = False
    """Keep the first take of every chunk unchecked."""
    whisper_threshold: float | None = Field(None, ge=0.0, le=1.0)
    """Lowest score (0 to 1) that passes; without it the rule learnt from measured takes decides."""
    transcripts: bool = False
    """Report what was heard in each chunk even where the check needs no transcript (slower)."""
    on_failure: Literal["fail", "best", "mark"] = "best"
    """If no take of a chunk passes: fail the request, keep the best take and say so, or leave a pause and say so."""
    sentence_pause_ms: int = Field(250, ge=0, le=10_000)
    """Silence between two sentences."""
    paragraph_pause_ms: int = Field(600, ge=0, le=30_000)
    """Silence between two paragraphs (an empty line in the text)."""
    export_formats: list[FormatName] = Field(["wav", "mp3"], min_length=1, max_length=5)
    """Files to make, each encoded once from the same audio."""

    @field_validator("export_formats", mode="before")
    @classmethod
    def _formats_without_case_or_repeats(cls, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        lowered = [item.lower() if isinstance(item, str) else item for item in value]
        return list(dict.fromkeys(lowered)) if all(isinstance(item, str) for item in lowered) else lowered


class TTSRequest(TTSDefaults):
    """A text to be spoken.

    Fields that are left out take the operator's `tts_defaults`.
    """

    text: str = Field(min_length=1, examples=["The birch canoe slid on the smooth planks."])
    """What to say; an empty line starts a new paragraph."""
    reference_audio_filename: str | None = Field(None, max_length=200)
    """Alias of `voice`."""
    folder: str | None = Field(None, max_length=1000)
    """Folder below the outputs, made if missing; empty for the outputs folder itself."""
    project: str | None = Field(None, max_length=1000)
    """Alias of `folder`."""

    @field_validator("text")
    @classmethod
    def _text_is_not_blank(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("there is nothing to speak")
        return value

    @model_validator(mode="after")
    def _aliases_agree(self) -> TTSRequest:
        _agree("voice", self.voice if "voice" in self.model_fields_set else None,
               "reference_audio_filename", self.reference_audio_filename)  # fmt: skip
        _agree("folder", self.folder, "project", self.project)
        return self

    def with_defaults(self, defaults: TTSDefaults) -> TTSRequest:
        """A copy in which left-out fields have the operator's values and aliases are resolved."""
        given = self.model_dump(exclude_unset=True)
        voice = given.get("reference_audio_filename") or given.get("voice")
        merged = {**defaults.model_dump(), **given, "folder": self.folder or self.project or ""}
        if voice:
            merged["voice"] = voice
        merged.update(reference_audio_filename=None, project=None)
        return TTSRequest.model_validate(merged)


def _agree(name: str, value: str | None, alias: str, alias_value: str | None) -> None:
    if value and alias_value and value != alias_value:
        raise ValueError(f"{name} and its alias {alias} contradict each other")


class OutputFile(_Strict):
    """One file of a result."""

    format: FormatName
    filename: str
    """Relative to the outputs folder."""
    url: str
    """Where this service serves it."""
    size_bytes: int
    duration_seconds: float


class WordTime(_Strict):
    """A word of the text and when it is heard, in seconds of the result."""

    word: str
    start: float
    end: float


class ChunkReport(_Strict):
    """What happened to one chunk; times in seconds of the result."""

    index: int
    text: str
    start: float
    end: float
    spoken: bool
    """False where the chunk was given up and a pause stands in its place."""
    takes: int
    seed: int | None
    score: float | None
    wer: float | None
    transcript: str | None
    words: list[WordTime]
    warnings: list[str]


class QualityReport(_Strict):
    """How well the result says its text."""

    verdict: Literal["passed", "passed_with_warnings", "failed", "not_checked"]
    wer: float | None
    """Word error rate of the free transcripts, where any were made."""
    chunks: list[ChunkReport]


class TTSResponse(_Strict):
    """A finished speech request."""

    success: bool
    message: str
    request_id: str
    output_files: list[OutputFile]
    generation_seed_used: int
    processing_time_seconds: float
    audio_seconds: float
    real_time_factor: float
    """Processing time over audio length; below 1 is faster than speech."""
    engine: str
    model: str
    voice: str
    watermarked: bool
    ignored_parameters: list[str]
    """Fields that were set but have no effect with this engine."""
    warnings: list[str]
    quality: QualityReport


class ErrorBody(_Strict):
    """Every failure under /api/v1 looks like this."""

    success: Literal[False] = False
    error: str
    """One sentence for people."""
    error_code: str
    """One word for programs."""
    detail: Any = None
    """Facts that help; for invalid fields a list of {field, message}."""
    timestamp: str
    request_id: str


class ParameterInfo(_Strict):
    """A number that has effect with this engine."""

    name: str
    minimum: float
    maximum: float
    default: float
    description: str


class VoiceInfo(_Strict):
    """A voice of the engine."""

    name: str
    language: str
    gender: str
    description: str


class EngineInfo(_Strict):
    """What one engine can do."""

    engine: str
    model: str
    version: str
    sample_rate: int
    languages: list[str]
    parameters: list[ParameterInfo]
    tags: list[str]
    max_characters: int
    max_batch: int
    cloning: bool
    conversion: bool
    seeded: bool
    """Whether the seed changes the sound."""
    watermark: bool
    notes: list[str]
    voices: list[VoiceInfo]


class CapabilitiesResponse(_Strict):
    """What this service can do as it is configured."""

    version: str
    engine: str
    """The engine that answers requests."""
    engine_reason: str
    """Why it was chosen."""
    engines: list[str]
    """All that could be chosen in the configuration."""
    active: EngineInfo
    formats: list[FormatName]
    validator: str | None
    validator_languages: list[str]
    max_text_length: int


ReadyState = Literal["starting", "ready", "failed", "stopping"]


class ReadyResponse(_Strict):
    """Whether speech requests are answered."""

    ready: bool
    state: ReadyState
    reason: str


class LiveResponse(_Strict):
    """The process answers."""

    live: Literal[True] = True


class HealthResponse(_Strict):
    """State of the service."""

    status: Literal["healthy", "degraded", "unhealthy"]
    version: str
    uptime_seconds: float
    models_loaded: dict[str, bool]
    """By part: tts and whisper."""
    ready: bool
    reason: str
    active_requests: int
    waiting_chunks: int
