"""Scores a known text on a take: a probability and a place in time for every word, without any search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from speech.validation.backend import Backend, Encoding, Floats
from speech.validation.words import corresponding_blocks, is_letter, word_spans

_CLOSING = ".!?…。！？"
ABSENT = -20.0
"""Log-probability of a word that is not in the take at all."""


@dataclass(frozen=True)
class ScoredWord:
    """A word of the expected text as it was found in a take.

    Attributes:
        text: as spelled, punctuation included.
        start: seconds from the start of the take.
        end: seconds from the start of the take.
        log_probability: mean over the tokens that hold letters or digits.
        lowest: smallest log-probability among them.
    """

    text: str
    start: float
    end: float
    log_probability: float
    lowest: float


@dataclass(frozen=True)
class ForcedScore:
    """A text scored on a take.

    Attributes:
        text: as it was scored.
        words: in order; empty if nothing of the text could be scored.
        mean: mean log-probability of all tokens.
        closing: log-probability of the sign that ends the text; low when speech seems to go on.
    """

    text: str
    words: tuple[ScoredWord, ...]
    mean: float
    closing: float


def closed(text: str) -> str:
    """`text` with a full stop where it ends without any sign, so that the end can be scored."""
    stripped = text.strip().rstrip(",;:-–— ")
    bare = stripped.rstrip("\"'”’»)]")
    return stripped if bare.endswith(tuple(_CLOSING)) else f"{stripped}."


def score_text(backend: Backend, encoding: Encoding, text: str, language: str) -> ForcedScore:
    """Score `text` on one window.

    Args:
        backend: a loaded model.
        encoding: of the window.
        text: with its closing sign; not empty, at most ``MAX_TEXT_TOKENS`` tokens.
        language: BCP 47 tag.
    """
    tokens = backend.tokenize(" " + text)
    scores = backend.score(encoding, [tokens.ids], language)[0]
    spans = [(max(0, start - 1), end - 1) for start, end in tokens.spans]
    words = group_words(text, language, spans, scores.log_probabilities, scores.times)
    return ForcedScore(text, words, float(scores.log_probabilities.mean()), float(scores.log_probabilities[-1]))


def group_words(
    text: str, language: str, spans: Sequence[tuple[int, int]], log_probabilities: Floats, times: Floats
) -> tuple[ScoredWord, ...]:
    """Put the scores of tokens together for each word of `text`.

    Args:
        text: the text that was scored.
        language: BCP 47 tag.
        spans: characters of `text` that each token covers; a token may begin with a space.
        log_probabilities: one for each token.
        times: one more than tokens, seconds.
    """
    bounds = word_spans(text, language)
    owners: list[list[int]] = [[] for _ in bounds]
    index = 0
    for number, (_, token_end) in enumerate(spans):
        while index + 1 < len(bounds) and token_end > bounds[index][1]:
            index += 1
        if owners:
            owners[index].append(number)
    words: list[ScoredWord] = []
    for (start, end), numbers in zip(bounds, owners, strict=True):
        spoken = [n for n in numbers if any(map(is_letter, text[slice(*spans[n])]))] or numbers
        if not numbers:  # its characters were swallowed by a token of the word before
            at = words[-1].end if words else 0.0
            words.append(ScoredWord(text[start:end], at, at, words[-1].log_probability if words else ABSENT, 0.0))
            continue
        own = log_probabilities[spoken]
        # Signs take time of their own in the alignment: the pause behind the word, not the word.
        words.append(
            ScoredWord(
                text[start:end],
                float(times[spoken[0]]),
                float(times[spoken[-1] + 1]),
                float(own.mean()),
                float(own.min()),
            )
        )
    return tuple(words)


def better_form(spoken: ForcedScore, written: ForcedScore) -> ForcedScore:
    """The spoken form's words, each stretch with the probability of the form in which it fits better.

    A recogniser spells "three hundred" and "300" as it likes, often both ways in one sentence; the better
    spelling of each stretch tells whether it was said.
    """
    words = list(spoken.words)
    blocks = corresponding_blocks([w.text for w in spoken.words], [w.text for w in written.words])
    for left, right in blocks:
        ours, theirs = spoken.words[left], written.words[right]
        if not ours or not theirs:
            continue
        mean = float(np.mean([word.log_probability for word in theirs]))
        lowest = min(word.lowest for word in theirs)
        if mean > float(np.mean([word.log_probability for word in ours])):
            words[left] = _with_block_score(ours, mean, lowest)
    return ForcedScore(spoken.text, tuple(words), max(spoken.mean, written.mean), max(spoken.closing, written.closing))


def _with_block_score(words: Sequence[ScoredWord], mean: float, lowest: float) -> list[ScoredWord]:
    """`words` with one score for all: the least probable of them bears it, so that it counts once."""
    bearer = min(range(len(words)), key=lambda i: words[i].log_probability)
    return [
        replace(
            word,
            log_probability=mean if i == bearer else max(mean, word.log_probability),
            lowest=lowest if i == bearer else max(lowest, word.lowest),
        )
        for i, word in enumerate(words)
    ]


def in_written_words(spoken: Sequence[ScoredWord], written: str, language: str) -> tuple[ScoredWord, ...]:
    """The words of the written form with the times of the spoken words that say them.

    A written word that stands for several spoken ones spans them all; several written words for the same
    stretch share its time by their length.
    """
    texts = [written[start:end] for start, end in word_spans(written, language)]
    result: list[ScoredWord] = []
    for left, right in corresponding_blocks([word.text for word in spoken], texts):
        ours, theirs = spoken[left], texts[right]
        if not theirs:
            continue
        at = result[-1].end if result else (spoken[0].start if spoken else 0.0)
        start, end = (ours[0].start, ours[-1].end) if ours else (at, at)
        mean = float(np.mean([word.log_probability for word in ours])) if ours else ABSENT
        lowest = min((word.lowest for word in ours), default=ABSENT)
        edges = np.concatenate(([0.0], np.cumsum([len(text) for text in theirs])))
        edges = start + (end - start) * edges / edges[-1]
        result += [
            ScoredWord(text, float(edges[i]), float(edges[i + 1]), mean, lowest) for i, text in enumerate(theirs)
        ]
    return tuple(result)
