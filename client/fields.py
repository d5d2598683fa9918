"""Fields of requests, by the names and types of the service; docs/api.md says what each does."""

from __future__ import annotations

from typing import Literal, TypedDict

FormatName = Literal["wav", "mp3", "flac", "opus", "aac"]
StreamFormatName = Literal["wav", "mp3", "flac", "opus", "aac", "pcm"]
WhisperName = Literal[
    "auto", "tiny", "tiny.en", "base", "base.en", "small", "small.en", "medium", "medium.en",
    "large", "large-v3", "turbo",
]  # fmt: skip


class FinishingFields(TypedDict, total=False):
    """What speech and conversion have in common."""

    engine: str
    model: str
    language: str
    seed: int
    bypass_whisper_checking: bool
    denoise: bool
    use_auto_editor: bool
    keep_original_wav_ae: bool
    ae_threshold: float
    ae_margin: float
    speed_factor: float
    speed_factor_library: Literal["auto", "audiostretchy", "librosa", "torchaudio"]
    trim: bool
    trim_threshold_ms: int
    normalize_audio: bool
    normalize_method: Literal["ebu", "peak"]
    normalize_level: float
    normalize_tp: float
    normalize_lra: float
    disable_watermark: bool


class FileFields(TypedDict, total=False):
    """Files of a result."""

    export_formats: list[FormatName]
    captions: list[Literal["srt", "vtt", "json"]]


class ReadingFields(FinishingFields, total=False):
    """How text is spoken."""

    voice: str
    markup: bool
    strip_markdown: bool
    emoji: Literal["remove", "name", "keep"]
    sound_words_field: str
    pronunciations: dict[str, str]
    to_lowercase: bool
    normalize_spacing: bool
    fix_dot_letters: bool
    remove_reference_numbers: bool
    enable_batching: bool
    smart_batch_short_sentences: bool
    sentence_pause_ms: int
    paragraph_pause_ms: int
    num_generations: int
    exaggeration: float
    temperature: float
    cfg_weight: float
    min_p: float | None
    top_p: float | None
    top_k: int | None
    repetition_penalty: float | None
    num_candidates_per_chunk: int
    max_attempts_per_candidate: int
    candidate_policy: Literal["first_pass", "shortest", "best_score"]
    take_budget_seconds: float | None
    max_silence_ms: int
    whisper_model_name: WhisperName
    use_faster_whisper: bool
    whisper_threshold: float | None
    transcripts: bool
    on_failure: Literal["fail", "best", "mark"]
    use_longest_transcript_on_fail: bool


class TalkFields(ReadingFields, FileFields, total=False):
    """Speech of text that is still being written."""

    separate_chunks: bool


class SpeechFields(TalkFields, total=False):
    """A speech request beside its text."""

    title: str
    folder: str | None


class AudiobookFields(ReadingFields, total=False):
    """An audiobook beside its book."""

    chapters: list[int] | None
    title: str
    author: str
    cast: dict[str, str]
    folder: str
    chapter_formats: list[FormatName]
    captions: list[Literal["srt", "vtt"]]
    chapter_pause_ms: int


class ConversionFields(FinishingFields, FileFields, total=False):
    """A voice conversion beside its recording and its target voice."""

    chunk_sec: float
    overlap_sec: float
    pitch_shift: float
    title: str
    folder: str | None
