"""Takes longer than Whisper's window: cut at silences, and the text shared out among the pieces."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from speech.samples import Samples
from speech.validation.backend import MAX_SECONDS, MAX_TEXT_TOKENS, SAMPLE_RATE, Backend, Encoding
from speech.validation.energy import FRAME_SECONDS, Loudness, runs
from speech.validation.forced import ABSENT, ForcedScore, ScoredWord, score_text
from speech.validation.words import word_spans

_LONGEST_PIECE = MAX_SECONDS - 2.0
_SHORTEST_PIECE = 12.0
_ABSENT_BELOW = -1.5  # words beyond a piece's end score about -5, misheard ones inside it are single
_MARGIN_SECONDS = 0.2


@dataclass(frozen=True)
class Piece:
    """A stretch of a take that fits in one window.

    Attributes:
        start: seconds from the start of the take.
        end: seconds from the start of the take.
        sound: seconds of sound in it.
        encoding: encoder output.
    """

    start: float
    end: float
    sound: float
    encoding: Encoding


def encode_pieces(
    backend: Backend, samples: Samples, loud: Loudness, spans: Iterable[tuple[float, float]]
) -> list[Piece]:
    """Encode the pieces of a take.

    Args:
        backend: a loaded model.
        samples: at `SAMPLE_RATE`.
        loud: level curve of `samples`.
        spans: start and end of each piece, as of `cut_points`.
    """
    pieces = []
    for start, end in spans:
        part = samples[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)]
        pieces.append(Piece(start, end, loud.active_seconds(start, end), backend.encode(part)))
    return pieces


def cut_points(loud: Loudness, seconds: float) -> list[tuple[float, float]]:
    """Start and end of each piece: the sounding part of the take, cut in the longest silences; none for silence.

    No piece is longer than 28 s; where nobody pauses for so long, the cut is at the quietest frame.
    """
    sounding = np.flatnonzero(loud.active)
    if sounding.size == 0:
        return []
    start = max(0.0, float(sounding[0]) * FRAME_SECONDS - _MARGIN_SECONDS)
    end = min(seconds, float(sounding[-1] + 1) * FRAME_SECONDS + _MARGIN_SECONDS)
    pieces = []
    while end - start > _LONGEST_PIECE:
        cut = _quiet_moment(loud, start + _SHORTEST_PIECE, start + _LONGEST_PIECE)
        pieces.append((start, cut))
        start = cut
    return [*pieces, (start, end)]


def _quiet_moment(loud: Loudness, start: float, end: float) -> float:
    first, last = round(start / FRAME_SECONDS), round(end / FRAME_SECONDS)
    silences = runs(~loud.active[first:last])
    if silences:
        begin, stop = max(silences, key=lambda silence: silence[1] - silence[0])
        return (first + (begin + stop) / 2) * FRAME_SECONDS
    return (first + int(np.argmin(loud.levels[first:last]))) * FRAME_SECONDS


def score_pieces(backend: Backend, pieces: Sequence[Piece], text: str, language: str) -> ForcedScore:
    """Score `text` over all pieces; every word of it is in the result.

    A piece gets the words that fit it: of a generous guess, the beginning whose sum of log-probabilities,
    each counted from -1.5, is largest. Words for which no sound is left are absent.

    Args:
        backend: a loaded model.
        pieces: at least one.
        text: with its closing sign and at least one word.
        language: BCP 47 tag.
    """
    scores: list[ForcedScore] = []
    rest = text
    for number, piece in enumerate(pieces):
        if not word_spans(rest, language):
            break
        following = sum(later.sound for later in pieces[number + 1 :])
        share = 1.0 if number + 1 == len(pieces) else _share(piece.sound, following)
        part, rest = _fitting(backend, piece, rest, language, share)
        if part is not None:
            scores.append(_moved(part, piece.start))
    end = scores[-1].words[-1].end if scores else pieces[-1].end
    words = [word for score in scores for word in score.words]
    words += [ScoredWord(rest[a:b], end, end, ABSENT, ABSENT) for a, b in word_spans(rest, language)]
    absent = len(word_spans(rest, language))
    mean = (sum(s.mean * len(s.words) for s in scores) + ABSENT * absent) / len(words)
    return ForcedScore(text, tuple(words), mean, ABSENT if absent or not scores else scores[-1].closing)


def _share(sound: float, following: float) -> float:
    return min(1.0, 1.4 * sound / max(0.1, sound + following))


def _fitting(backend: Backend, piece: Piece, text: str, language: str, share: float) -> tuple[ForcedScore | None, str]:
    """Score the part of `text` that the piece says; also what is left of the text."""
    spans = word_spans(text, language)
    count = min(len(spans), _within_limit(backend, text, spans), int(len(spans) * share) + 5)
    guess = score_text(backend, piece.encoding, text[: spans[count - 1][1]], language)
    if count == len(spans) and share == 1.0:
        return guess, ""
    gains = np.cumsum([word.log_probability - _ABSENT_BELOW for word in guess.words])
    if gains.max(initial=0.0) <= 0:
        return None, text
    kept = int(np.argmax(gains)) + 1
    cut = spans[kept - 1][1]
    return score_text(backend, piece.encoding, text[:cut], language), text[cut:].lstrip()


def _within_limit(backend: Backend, text: str, spans: Sequence[tuple[int, int]]) -> int:
    """How many words from the start fit into the decoder."""
    tokens = backend.tokenize(" " + text)
    if len(tokens.ids) <= MAX_TEXT_TOKENS:
        return len(spans)
    limit = tokens.spans[MAX_TEXT_TOKENS - 1][0] - 1
    return max(1, sum(end <= limit for _, end in spans))


def _moved(score: ForcedScore, seconds: float) -> ForcedScore:
    words = tuple(replace(w, start=w.start + seconds, end=w.end + seconds) for w in score.words)
    return replace(score, words=words)
