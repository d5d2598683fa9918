"""Transcriptions as the `openai` package reads them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Described(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class AudioUsage(_Described):
    """What a transcription was made of."""

    type: Literal["duration"] = "duration"
    seconds: float
    """Length of the recording."""


class TranscriptionReply(_Described):
    """`response_format=json`."""

    text: str
    usage: AudioUsage


class TranscribedWord(_Described):
    """A word; times in seconds of the recording."""

    word: str
    start: float
    end: float


class TranscribedSegment(_Described):
    """A sentence; times in seconds of the recording."""

    id: int
    seek: int = 0
    """Always 0."""
    start: float
    end: float
    text: str
    tokens: list[int] = []
    """Always empty."""
    temperature: float = 0.0
    avg_logprob: float = Field(le=0)
    """Mean logarithm of the probabilities of its words."""
    compression_ratio: float
    """Bytes of the text over those that zlib makes of it; far above 2 it repeats itself."""
    no_speech_prob: float = 0.0
    """Always 0; what is silent becomes no segment."""


class VerboseTranscription(_Described):
    """`response_format=verbose_json`."""

    task: Literal["transcribe"] = "transcribe"
    language: str
    """BCP 47 tag as it was given, or of what was heard; empty where nothing was."""
    duration: float
    """Seconds of the recording."""
    text: str
    segments: list[TranscribedSegment] | None = None
    """Left out where `timestamp_granularities[]` asks for words only."""
    words: list[TranscribedWord] | None = None
    """Where `timestamp_granularities[]` asks for them."""
    usage: AudioUsage
