"""What a recording says, without knowing its text: the words and when they are heard."""

from __future__ import annotations

import math

from speech.samples import Samples
from speech.validation.backend import SAMPLE_RATE, Backend
from speech.validation.energy import loudness
from speech.validation.forced import closed, score_text
from speech.validation.hearing import heard_in, without_loop
from speech.validation.pieces import Piece, cut_points, encode_pieces
from speech.validation.protocol import Transcript, Word
from speech.validation.windows import to_listening_rate
from speech.validation.words import word_spans


def transcribe(backend: Backend, samples: Samples, sample_rate: int, language: str) -> Transcript:
    """Listen to a recording, window by window, cut where it is silent.

    Args:
        backend: a loaded model.
        samples: mono, shape ``(n,)``; some minutes at most, of which features of 30 s are held at a time.
        sample_rate: in Hz.
        language: BCP 47 tag of what is said.
    """
    sound = to_listening_rate(samples, sample_rate)
    loud = loudness(sound)
    pieces = encode_pieces(backend, sound, loud, cut_points(loud, len(sound) / SAMPLE_RATE))
    parts = [_heard(backend, piece, language) for piece in pieces]
    text = " ".join(part.text for part in parts if part.text)
    return Transcript(text, tuple(word for part in parts for word in part.words))


def _heard(backend: Backend, piece: Piece, language: str) -> Transcript:
    text = without_loop(heard_in(backend, piece, language))
    if not word_spans(text, language):
        return Transcript("")
    scored = score_text(backend, piece.encoding, closed(text), language)
    words = tuple(
        Word(word.text, piece.start + word.start, piece.start + word.end, math.exp(word.log_probability))
        for word in scored.words
    )
    return Transcript(text, words)
