"""Writes down what a recording of any length says, holding one window of it at a time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from speech.audio.edges import has_sound
from speech.cancel import CancelToken
from speech.captions import CaptionWord, heard_words
from speech.captions.breaks import ends_sentence
from speech.conversion.pieces import Piece, PieceRules, cut_pieces
from speech.progress import Observer, WindowHeard
from speech.samples import Samples
from speech.validation.backend import SAMPLE_RATE
from speech.validation.protocol import Listener, Transcript

WINDOW_SECONDS: Final = 28.0
"""Longest that a model of the validator hears at once, less a margin."""


@dataclass(frozen=True)
class HeardWord:
    """A word, and how sure the listener is of it.

    Attributes:
        word: with its times in the recording.
        probability: 0 to 1.
    """

    word: CaptionWord
    probability: float


@dataclass(frozen=True)
class Sentence:
    """Consecutive words, at least one."""

    words: tuple[HeardWord, ...]

    @property
    def text(self) -> str:
        """As it is written."""
        return "".join(" " * heard.word.space + heard.word.text for heard in self.words).strip()

    @property
    def start(self) -> float:
        """Seconds of the recording."""
        return self.words[0].word.start

    @property
    def end(self) -> float:
        """Seconds of the recording."""
        return self.words[-1].word.end

    @property
    def log_probability(self) -> float:
        """Mean of its words', at most 0."""
        return sum(math.log(max(heard.probability, 1e-9)) for heard in self.words) / len(self.words)


@dataclass(frozen=True)
class Transcription:
    """What a recording says.

    Attributes:
        text: as the model spells it; empty where nothing was said.
        language: BCP 47 tag; empty where it was neither given nor heard.
        seconds: length of the recording.
        sentences: the text cut where sentences end, in order.
    """

    text: str
    language: str
    seconds: float
    sentences: tuple[Sentence, ...]

    @property
    def words(self) -> list[CaptionWord]:
        """All words, in order."""
        return [heard.word for sentence in self.sentences for heard in sentence.words]


def transcribe_recording(
    blocks: Iterable[Samples],
    listener: Listener,
    language: str,
    total_seconds: float,
    observer: Observer,
    cancel: CancelToken,
) -> Transcription:
    """Listen to a recording, cut at its quietest moments into windows.

    Args:
        blocks: the recording, mono, at `SAMPLE_RATE`, in blocks of any lengths.
        listener: hears it.
        language: BCP 47 tag of what is said; where it is empty, that of the first window with sound.
        total_seconds: length of the recording, for the progress.
        observer: told of every window.
        cancel: asked between windows.

    Raises:
        ChatterboxError: as `blocks` and the listener raise it.
    """
    texts: list[str] = []
    words: list[HeardWord] = []
    seconds = 0.0
    for piece in cut_pieces(blocks, SAMPLE_RATE, PieceRules(int(WINDOW_SECONDS * SAMPLE_RATE), 0)):
        cancel.raise_if_stopped()
        if has_sound(piece.samples):
            language = language or listener.detect_language(piece.samples, SAMPLE_RATE)
            transcript = listener.transcribe(piece.samples, SAMPLE_RATE, language)
            texts.append(transcript.text)
            words += _words(transcript, piece)
        seconds = piece.end / SAMPLE_RATE
        observer(WindowHeard(seconds, total_seconds))
    return Transcription(" ".join(filter(None, texts)), language, seconds, tuple(_sentences(words)))


def _words(transcript: Transcript, piece: Piece) -> Iterator[HeardWord]:
    """Of one window, with their times in the recording."""
    begin = piece.start / SAMPLE_RATE
    placed = heard_words(transcript.text, transcript.words)
    for word, heard in zip(placed, transcript.words, strict=True):
        yield HeardWord(replace(word, start=begin + word.start, end=begin + word.end), heard.probability)


def _sentences(words: Sequence[HeardWord]) -> Iterator[Sentence]:
    begin = 0
    following = [*(heard.word.text for heard in words[1:]), None]
    for number, (heard, after) in enumerate(zip(words, following, strict=False), 1):
        if ends_sentence(heard.word.text, after):
            yield Sentence(tuple(words[begin:number]))
            begin = number
