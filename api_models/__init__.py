"""Requests and replies of the HTTP interface; `CoreEngine` takes and gives the same objects in process."""

from api_models.base import CaptionFormat, FormatName, StreamFormatName
from api_models.concat import ConcatMetadata, ConcatRequest, ConcatResponse, MixedConcatRequest, TimelineSpan
from api_models.conversion import VCDefaults, VCOptions, VCRequest, VCResponse, VoiceLikeness
from api_models.errors import ErrorEntry, ErrorSummary, RecentErrors
from api_models.finishing_options import FinishingOptions
from api_models.metrics import MetricsResponse
from api_models.replies import (
    CaptionFile,
    ChunkReport,
    ErrorBody,
    Generation,
    OutputFile,
    PreviewChunk,
    QualityReport,
    TextFilesResponse,
    TextPreviewResponse,
    TTSResponse,
    WordTime,
)
from api_models.resources import CleanupReport, CleanupStatus, ResourcesResponse
from api_models.speech import TextFilesRequest, TextPreviewRequest, TTSDefaults, TTSRequest
from api_models.system import (
    CapabilitiesResponse,
    EngineInfo,
    HealthResponse,
    LiveResponse,
    ModelResponse,
    ParameterInfo,
    ReadyResponse,
    ReadyState,
    VoiceInfo,
    WatermarkResponse,
)
from api_models.text_options import TextOptions

__all__ = [
    "CapabilitiesResponse",
    "CaptionFile",
    "CaptionFormat",
    "ChunkReport",
    "CleanupReport",
    "CleanupStatus",
    "ConcatMetadata",
    "ConcatRequest",
    "ConcatResponse",
    "EngineInfo",
    "ErrorBody",
    "ErrorEntry",
    "ErrorSummary",
    "FinishingOptions",
    "FormatName",
    "Generation",
    "HealthResponse",
    "LiveResponse",
    "MetricsResponse",
    "MixedConcatRequest",
    "ModelResponse",
    "OutputFile",
    "ParameterInfo",
    "PreviewChunk",
    "QualityReport",
    "ReadyResponse",
    "ReadyState",
    "RecentErrors",
    "ResourcesResponse",
    "StreamFormatName",
    "TTSDefaults",
    "TTSRequest",
    "TTSResponse",
    "TextFilesRequest",
    "TextFilesResponse",
    "TextOptions",
    "TextPreviewRequest",
    "TextPreviewResponse",
    "TimelineSpan",
    "VCDefaults",
    "VCOptions",
    "VCRequest",
    "VCResponse",
    "VoiceInfo",
    "VoiceLikeness",
    "WatermarkResponse",
    "WordTime",
]
