"""Finds the recordings that a request to join names, among the outputs and the uploads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from api_models.concat import ConcatRequest, MixedConcatRequest, Segment, Silence, Upload
from exceptions import InvalidRequestError
from library.roots import existing_file
from speech.audio.decode import SUFFIXES, AudioFacts, AudioFile, UnreadableAudioError, probe


@dataclass(frozen=True)
class UploadedAudio:
    """An upload: its name, for people, and its open file."""

    name: str
    stream: IO[bytes]


@dataclass(frozen=True)
class Source:
    """A recording that was found.

    Attributes:
        field: of the request that names it.
        name: for people.
        audio: to be read.
        facts: of its header.
    """

    field: str
    name: str
    audio: AudioFile
    facts: AudioFacts


def find_sources(
    request: ConcatRequest | MixedConcatRequest, uploads: Sequence[UploadedAudio], outputs: Path
) -> dict[int, Source]:
    """The recordings by the index of their segment.

    Raises:
        ResourceNotFoundError: a file is not there.
        InvalidRequestError: a file is no audio, or the uploads are not those that the segments name; names the field.
    """
    _require_matching(request.segments, uploads)
    place = "files.{}" if isinstance(request, ConcatRequest) else "segments.{}"
    sources = {}
    for index, segment in enumerate(request.segments):
        field = place.format(index)
        if isinstance(segment, Upload):
            upload = uploads[segment.index]
            sources[index] = _probed(field, upload.name, upload.stream)
        elif not isinstance(segment, Silence):
            sources[index] = _probed(field, segment.source, _audio_file(outputs, segment.source, field))
    return sources


def _require_matching(segments: Sequence[Segment], uploads: Sequence[UploadedAudio]) -> None:
    named = {segment.index for segment in segments if isinstance(segment, Upload)}
    if named != set(range(len(uploads))):
        raise InvalidRequestError(
            f"There are {len(uploads)} uploaded files, and the segments must name each by its index from 0.",
            field="uploaded_files",
        )


def _audio_file(outputs: Path, words: str, field: str) -> Path:
    path = existing_file(outputs, words, field)
    if path.suffix.lower() not in SUFFIXES:
        raise InvalidRequestError(f"{words!r} is no audio file.", field=field)
    return path


def _probed(field: str, name: str, audio: AudioFile) -> Source:
    try:
        return Source(field, name, audio, probe(audio, field))
    except UnreadableAudioError as error:
        raise InvalidRequestError(f"{name!r} holds no audio that can be read.", field=field) from error
