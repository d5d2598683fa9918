"""Voice conversion requests and their replies."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import Field, model_validator

from api_models.base import Strict
from api_models.finishing_options import FinishingOptions
from api_models.output_options import OutputOptions
from api_models.replies import CaptionFile, OutputFile, QualityReport

Options = TypeVar("Options", bound="VCOptions")


class VCDefaults(OutputOptions, FinishingOptions):
    """The fields of a voice conversion request that have a default, each with its range."""

    engine: str = Field("auto", max_length=60)
    """Engine to convert with; `auto` is the one that the configuration chose."""
    model: str = Field("auto", max_length=60)
    """Same as `engine`, for clients that speak of models; the two must not contradict each other."""
    language: str = Field("en", max_length=35)
    """BCP 47 tag of what the recording says, for engines that listen and for the check."""
    chunk_sec: float = Field(60.0, ge=1.0, le=300.0)
    """Seconds of a piece at most; it ends at a quiet moment before. The engine's own limit may be shorter."""
    overlap_sec: float = Field(0.1, ge=0.0, le=5.0)
    """Seconds that two pieces share and in which one fades over into the other; less than `chunk_sec`."""
    pitch_shift: float = Field(0.0, ge=-12.0, le=12.0)
    """Semitones by which the result is moved, formants included."""
    seed: int = Field(0, ge=0, le=2**32 - 1)
    """Starting point of what is random, where the engine draws; 0 draws one, which the reply reports."""
    bypass_whisper_checking: bool = False
    """Do not listen whether the words are still there."""

    @model_validator(mode="after")
    def _overlap_is_shorter_than_a_piece(self) -> VCDefaults:
        if self.overlap_sec >= self.chunk_sec:
            raise ValueError("overlap_sec must be less than chunk_sec")
        return self


class VCOptions(VCDefaults):
    """What accompanies a recording to be converted.

    Fields that are left out take the operator's `vc_defaults`.
    """

    target_voice_source: str = Field(min_length=1, max_length=2000, examples=["af_heart", "narrator.wav"])
    """Whose voice: a voice of the engine, a recording in the voices folder, or a URL where downloads are enabled."""
    title: str = Field("", max_length=200)
    """Written into the files' tags; without it the name of the recording."""
    folder: str | None = Field(None, max_length=1000)
    """Folder below the outputs, made if missing; empty for the outputs folder itself."""
    project: str | None = Field(None, max_length=1000)
    """Alias of `folder`."""

    @model_validator(mode="after")
    def _folders_agree(self) -> VCOptions:
        if self.folder and self.project and self.folder != self.project:
            raise ValueError("folder and its alias project contradict each other")
        return self

    def with_defaults(self: Options, defaults: VCDefaults) -> Options:
        """A copy in which left-out fields have the operator's values and aliases are resolved."""
        merged = {**defaults.model_dump(), **self.model_dump(exclude_unset=True)}
        return type(self).model_validate({**merged, "folder": self.folder or self.project or "", "project": None})


class VCRequest(VCOptions):
    """A recording to be spoken again in another voice."""

    input_audio_source: str = Field(min_length=1, max_length=2000, examples=["interview.mp3"])
    """The recording: a file of the VC inputs folder, or a URL where downloads are enabled."""


class VoiceLikeness(Strict):
    """How alike voices are, as cosines of a speaker encoder; docs/voice-conversion.md tells how to read them."""

    target: float
    """Of the result to the target voice."""
    source: float
    """Of the result to the recording it was made from."""
    before: float
    """Of the recording to the target voice."""


class VCResponse(Strict):
    """A finished voice conversion."""

    success: bool
    message: str
    request_id: str
    output_files: list[OutputFile]
    captions: list[CaptionFile]
    generation_seed_used: int
    processing_time_seconds: float
    audio_seconds: float
    source_seconds: float
    real_time_factor: float
    """Processing time over the length of the recording; below 1 is faster than speech."""
    engine: str
    model: str
    voice: str
    """Whose voice it became."""
    watermarked: bool
    ignored_parameters: list[str]
    """Fields that were set but have no effect with this engine."""
    warnings: list[str]
    finishing: dict[str, Any]
    """What each finishing step did; steps that were off are left out."""
    likeness: VoiceLikeness | None
    """How alike the voices are; null where there is nothing to compare."""
    quality: QualityReport
    """Each chunk is a piece: `text` is what was heard before, `transcript` after, `wer` the words that changed."""
