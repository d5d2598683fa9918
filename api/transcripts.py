"""The answer to a transcription in each of OpenAI's formats."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping
from typing import Final, Literal, TypeAlias

from fastapi.responses import Response

from api_models.transcription import (
    AudioUsage,
    TranscribedSegment,
    TranscribedWord,
    TranscriptionReply,
    VerboseTranscription,
)
from speech.captions import make_cues, to_srt, to_vtt
from speech.transcription import Sentence, Transcription

TranscriptFormat: TypeAlias = Literal["json", "text", "srt", "verbose_json", "vtt"]
Granularity: TypeAlias = Literal["segment", "word"]

MEDIA_TYPES: Final[Mapping[TranscriptFormat, str]] = {
    "json": "application/json",
    "verbose_json": "application/json",
    "text": "text/plain; charset=utf-8",
    "srt": "application/x-subrip; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
}


def transcript_response(
    heard: Transcription, format_name: TranscriptFormat, granularities: Collection[Granularity]
) -> Response:
    """A transcription as a reply.

    Args:
        heard: the transcription.
        format_name: of the reply.
        granularities: what of `verbose_json` has times of its own.
    """
    usage = AudioUsage(seconds=round(heard.seconds, 3))
    if format_name == "json":
        content = TranscriptionReply(text=heard.text, usage=usage).model_dump_json()
    elif format_name == "verbose_json":
        content = _verbose(heard, usage, granularities).model_dump_json(exclude_none=True)
    elif format_name == "text":
        content = f"{heard.text}\n"
    else:
        write = to_srt if format_name == "srt" else to_vtt
        content = write(make_cues(heard.words, heard.seconds))
    return Response(content, media_type=MEDIA_TYPES[format_name])


def _verbose(heard: Transcription, usage: AudioUsage, granularities: Collection[Granularity]) -> VerboseTranscription:
    segments = [_segment(number, sentence) for number, sentence in enumerate(heard.sentences)]
    words = [
        TranscribedWord(word=word.text, start=round(word.start, 3), end=round(word.end, 3)) for word in heard.words
    ]
    return VerboseTranscription(
        language=heard.language,
        duration=usage.seconds,
        text=heard.text,
        segments=segments if "segment" in granularities else None,
        words=words if "word" in granularities else None,
        usage=usage,
    )


def _segment(number: int, sentence: Sentence) -> TranscribedSegment:
    written = sentence.text.encode()
    return TranscribedSegment(
        id=number,
        start=round(sentence.start, 3),
        end=round(sentence.end, 3),
        text=sentence.text,
        avg_logprob=round(min(0.0, sentence.log_probability), 4),
        compression_ratio=round(len(written) / len(zlib.compress(written)), 3),
    )
