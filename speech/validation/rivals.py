"""Rival texts: is the take better explained by the text with a word left out, said twice, or as it was heard?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from speech.validation.backend import MAX_TEXT_TOKENS, Backend, Encoding, Floats
from speech.validation.forced import ForcedScore, ScoredWord, closed
from speech.validation.measures import usual_lengths
from speech.validation.words import word_spans

_LEAST_PROBABLE = 3
_MOST_SHORTENED = 2
_MOST_LENGTHENED = 3
_WORST_TOKEN = -12.0
_UNLIKELY = -20.0


def compare_rivals(
    backend: Backend, encoding: Encoding, score: ForcedScore, heard: str, language: str
) -> dict[str, float]:
    """Log-likelihood ratios of the best rival of each kind to the text; positive where the rival fits better.

    Only the words that look suspicious are left out or doubled: the least probable, the shortest and the
    longest ones for their letters. All rivals are scored in one decoder pass.

    Args:
        backend: a loaded model.
        encoding: of the only window of the take.
        score: the text on the take.
        heard: free transcript.
        language: BCP 47 tag.
    """
    shorter = [without(score.text, i, language) for i in _likely_missing(score.words)]
    longer = [doubled(score.text, i, language) for i in _likely_doubled(score.words)]
    texts = [text for text in (*shorter, *longer, closed(heard)) if word_spans(text, language)]
    tokens = {text: backend.tokenize(" " + text).ids for text in dict.fromkeys((score.text, *texts))}
    fitting = {text: ids for text, ids in tokens.items() if len(ids) <= MAX_TEXT_TOKENS}
    scores = backend.score(encoding, list(fitting.values()), language)
    totals = dict(zip(fitting, (_total(found.log_probabilities) for found in scores), strict=True))
    own = totals[score.text]
    return {
        "rival_shorter": max((totals[t] - own for t in shorter if t in totals), default=_UNLIKELY),
        "rival_longer": max((totals[t] - own for t in longer if t in totals), default=_UNLIKELY),
        "rival_heard": totals.get(closed(heard), own + _UNLIKELY) - own,
    }


def without(text: str, index: int, language: str) -> str:
    """`text` without one of its words, written as a sentence of its own; empty if nothing is left."""
    start, end = word_spans(text, language)[index]
    rest = (text[:start] + text[end:].lstrip()).strip()
    return closed(rest[:1].upper() + rest[1:]) if word_spans(rest, language) else ""


def doubled(text: str, index: int, language: str) -> str:
    """`text` with one of its words said twice."""
    start, end = word_spans(text, language)[index]
    return f"{text[:start]}{text[start:end].rstrip('.,;:?!')} {text[start:]}"


def _likely_missing(words: Sequence[ScoredWord]) -> list[int]:
    """Suspicious words but the first, which recognisers often leave out of correct speech."""
    improbable = np.argsort([word.lowest for word in words[1:]])[:_LEAST_PROBABLE]
    short = np.argsort(_durations(words[1:]) / usual_lengths(words[1:]))[:_MOST_SHORTENED]
    return list(dict.fromkeys(int(i) + 1 for i in (*improbable, *short)))


def _likely_doubled(words: Sequence[ScoredWord]) -> list[int]:
    return [int(i) for i in np.argsort(usual_lengths(words) - _durations(words))[:_MOST_LENGTHENED]]


def _durations(words: Sequence[ScoredWord]) -> Floats:
    return np.array([max(0.0, word.end - word.start) for word in words])


def _total(log_probabilities: Floats) -> float:
    return float(np.maximum(log_probabilities, _WORST_TOKEN).sum())
