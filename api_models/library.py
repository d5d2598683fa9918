"""Voices, inputs of voice conversion and outputs: what is said of them, and what may be changed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from api_models.base import CaptionFormat, Strict
from api_models.speech import TTSDefaults

Tag = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\n,]+$")]
Note = Annotated[str, Field(max_length=2000)]
NOT_OF_A_VOICE = frozenset({"voice", "engine", "model"})
"""Request fields that default parameters of a voice cannot set."""


def check_voice_parameters(parameters: dict[str, Any]) -> dict[str, Any]:
    """Default parameters of a voice as they are.

    Raises:
        ValueError: one is no request field that a voice can set, or has an impossible value.
    """
    foreign = [name for name in parameters if name not in TTSDefaults.model_fields or name in NOT_OF_A_VOICE]
    if foreign:
        raise ValueError(f"{foreign[0]} is nothing that a voice can set")
    TTSDefaults.model_validate(parameters)
    return parameters


class VoiceDetails(Strict):
    """What people say of a voice; fields that are left out stay as they are."""

    description: Note = ""
    """For whoever chooses a voice."""
    tags: list[Tag] = Field(default=[], max_length=50)
    """For filters."""
    aliases: list[Tag] = Field(default=[], max_length=20)
    """Further names by which requests may call the voice."""
    consent: Note = ""
    """Who agreed to the use of this voice, and when."""
    default_parameters: dict[str, Any] = Field(default={})
    """Request fields with the values that this voice wants where a request says nothing, such as `exaggeration`."""

    @field_validator("default_parameters")
    @classmethod
    def _parameters_exist(cls, value: dict[str, Any]) -> dict[str, Any]:
        return check_voice_parameters(value)


class VCInputDetails(Strict):
    """What people say of an input of voice conversion; fields that are left out stay as they are."""

    text: Annotated[str, Field(max_length=20_000)] = ""
    """What is said in it."""
    description: Note = ""
    tags: list[Tag] = Field(default=[], max_length=50)


class _Place(Strict):
    name: str | None = Field(None, min_length=1, max_length=200)
    """New file name, without suffix."""
    folder_path: str | None = Field(None, max_length=1000)
    """New folder, made if missing; empty for the top."""


class VoiceEdit(VoiceDetails, _Place):
    """Changes to a voice."""


class VCInputEdit(VCInputDetails, _Place):
    """Changes to an input of voice conversion."""


class OutputEdit(Strict):
    """Changes to an output."""

    keep: bool
    """Protect the result from automatic cleaning; a mark of its folder (`.keep`) stays in any case."""


class DefaultVoice(Strict):
    """The voice for requests that name none, where `tts_defaults.voice` is empty, too."""

    voice: str = Field(max_length=1000)
    """A recording or one of the engine's own voices; empty for the engine's first."""


class QualityRemark(Strict):
    """A trouble that a recording will make."""

    code: str
    """One word for programs: `too_short`, `short`, `long`, `clipped`, `noisy`, `music`, `some_noise`, `quiet`, ..."""
    sentence: str
    """What is wrong and what to do."""
    severe: bool
    """The clone will be poor."""


class RecordingQuality(Strict):
    """What to expect of a clone of this recording; measured when it was uploaded."""

    verdict: Literal["good", "usable", "poor"]
    signal_to_noise_db: float
    """Speech above the quietest tenth of the recording."""
    measures: dict[str, float]
    """Length, levels in dBFS, shares of speech and of clipped samples (0 to 1), silence at the ends, bandwidth."""
    remarks: list[QualityRemark]
    """The most important first; empty for a good recording."""


class RecordingMetadata(Strict):
    """A recording."""

    name: str
    """File name without suffix."""
    filename: str
    """Path below its folder, with suffix; names it in every request."""
    url: str
    """Same as `filename`, for older clients."""
    folder_path: str
    description: str
    tags: list[str]
    duration_seconds: float
    sample_rate: int
    file_size_bytes: int
    format: str
    created_date: str
    audio_url: str
    """Where this service serves it."""
    quality: RecordingQuality | None
    """None for files that were put into the folder by hand."""


class VoiceMetadata(RecordingMetadata):
    """A voice."""

    aliases: list[str]
    consent: str
    default_parameters: dict[str, Any]
    usage_count: int
    last_used: str | None
    preview_url: str
    """Where its preview clip is; the first look makes it."""
    is_default: bool


class VCInputMetadata(RecordingMetadata):
    """An input of voice conversion."""

    text: str


class OutputCaptions(Strict):
    """A caption file of an output."""

    format: CaptionFormat
    filename: str
    url: str


class OutputQuality(Strict):
    """How well an output says its text; see the reply to the request that made it for each chunk."""

    verdict: str | None
    wer: float | None


class OutputMetadata(Strict):
    """An audio file among the outputs."""

    filename: str
    """Path below the outputs."""
    url: str
    folder_path: str
    generation_type: str
    """`tts`, `vc`, `concat` or `unknown`."""
    created_date: str
    file_size_bytes: int
    duration_seconds: float
    sample_rate: int
    format: str
    text: str
    """Beginning of what it says."""
    parameters: dict[str, Any]
    """Settings of the request that made it, without its text."""
    source_files: list[str]
    voices: list[str]
    engine: dict[str, Any] | None
    watermarked: bool | None
    quality: OutputQuality | None
    captions: list[OutputCaptions]
    keep: bool
    """Automatic cleaning passes it over: it is marked, or its folder or one above is."""


class OutputRecord(OutputMetadata):
    """An output with all that was noted when it was made."""

    record: dict[str, Any]
    """The whole sidecar: text, quality of each chunk with word times, finishing steps."""


class _Page(Strict):
    count: int
    """On this page."""
    total: int
    """On all pages."""
    page: int
    page_size: int
    total_pages: int
    has_next: bool
    has_previous: bool


class VoicesResponse(_Page):
    """A page of voices, by name."""

    voices: list[VoiceMetadata]
    default_voice: str
    """See `PUT /voices/default`."""


class VCInputsResponse(_Page):
    """A page of inputs of voice conversion, the newest first."""

    files: list[VCInputMetadata]
    total_files: int
    """Same as `total`, for older clients."""


class OutputsResponse(_Page):
    """A page of outputs, the newest first."""

    files: list[OutputMetadata]
    total_files: int
    """Same as `total`, for older clients."""


class VoiceUploadResponse(Strict):
    """A voice that was taken in."""

    success: bool = True
    message: str
    filename: str
    voice_metadata: VoiceMetadata


class VCInputUploadResponse(Strict):
    """An input of voice conversion that was taken in."""

    success: bool = True
    message: str
    filename: str
    metadata: VCInputMetadata


class DeletionResponse(Strict):
    """What was deleted, or would be."""

    success: bool = True
    message: str
    deleted_files: list[str]
    deleted_count: int
    dry_run: bool


class FolderInfo(Strict):
    """A folder."""

    path: str
    """Below the root, which is the empty path."""
    file_count: int
    """Of files in the folder itself."""
    subfolders: list[str]
    """Their paths."""


class FoldersResponse(Strict):
    """All folders, the root first."""

    folders: list[FolderInfo]
    total_folders: int
    total_files: int


class ZipRequest(Strict):
    """Which outputs to pack."""

    filenames: list[Annotated[str, Field(min_length=1, max_length=2000)]] = Field(min_length=1, max_length=10_000)
    """Audio and caption files, as listings name them."""
