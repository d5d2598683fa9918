"""The second opinion: what is heard without knowing the text, compared with the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from speech.validation.backend import Backend
from speech.validation.compare import Comparison, compare
from speech.validation.pieces import Piece
from speech.validation.sounds import sound_errors

_TOKENS_PER_SECOND = 10  # fast reading takes 6, signs and times included
_SPARE_TOKENS = 16
_FEWEST_REPEATED_WORDS = 2


@dataclass(frozen=True)
class Hearing:
    """A free transcript.

    Attributes:
        transcript: as the model spells it.
        comparison: with the accepted spelling that is closest to it.
    """

    transcript: str
    comparison: Comparison


def hear(backend: Backend, pieces: Sequence[Piece], expected: Sequence[str], language: str) -> Hearing:
    """Transcribe all pieces and compare.

    Args:
        backend: a loaded model.
        pieces: encoded stretches of the take, in order.
        expected: accepted spellings of the text.
        language: BCP 47 tag.
    """
    heard = [heard_in(backend, piece, language) for piece in pieces]
    # A text may repeat itself like a loop: of both readings the one nearer to the text is right.
    readings = dict.fromkeys((_joined(heard), _joined([without_loop(part) for part in heard])))
    compared = [Hearing(text, compare(expected, text, language)) for text in readings]
    return min(compared, key=lambda hearing: hearing.comparison.wer)


def heard_in(backend: Backend, piece: Piece, language: str) -> str:
    """What the model hears in one piece, as it spells it."""
    limit = int(_TOKENS_PER_SECOND * (piece.end - piece.start)) + _SPARE_TOKENS
    return backend.decode(piece.encoding, language, limit)


def _joined(parts: Sequence[str]) -> str:
    return " ".join(filter(None, parts))


def without_loop(transcript: str) -> str:
    """`transcript` without the repetition that a decoder falls into when a window ends before its 30 s.

    It starts again from its first word; the copy, whole or broken off by the token limit, is removed. Speech
    that says its beginning twice is not hidden by this: it is longer than its words explain.
    """
    words = transcript.split()
    # The first word of a window is often written small, that of a sentence in it seldom.
    alike = transcript.casefold().split()
    for start in range(len(words) - _FEWEST_REPEATED_WORDS, _FEWEST_REPEATED_WORDS, -1):
        rest = alike[start:]
        cycle = alike[:start]
        whole = all(word == cycle[i % start] for i, word in enumerate(rest[:-1]))
        if whole and cycle[(len(rest) - 1) % start].startswith(rest[-1]) and _ends_sentence(cycle[-1]):
            return without_loop(" ".join(words[:start]))
    return transcript


def _ends_sentence(word: str) -> bool:
    return word.rstrip("\"'”’)").endswith((".", "!", "?", "…", "。"))


def measures_of(hearing: Hearing) -> dict[str, float]:
    """What the comparison adds to the measures of a take."""
    comparison = hearing.comparison
    in_all, worst = sound_errors(comparison)
    kinds = [edit[0] for edit in comparison.edits]
    return {
        "heard_errors": float(comparison.errors),
        "heard_missing": float(kinds.count("missing")),
        "heard_extra": float(kinds.count("extra")),
        "heard_replaced": float(kinds.count("replaced")),
        "heard_sounds": float(in_all),
        "heard_worst": float(worst),
        "heard_wer": comparison.wer,
    }
