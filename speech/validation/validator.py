"""Judges takes: two listeners score the expected text on the audio; where one is alone, doubts are transcribed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from speech.engines.protocol import ProgressReport
from speech.samples import Samples
from speech.validation.backend import MAX_SECONDS, SAMPLE_RATE, Backend
from speech.validation.echo import echo, repeats_itself
from speech.validation.energy import Loudness, ending_fall, loudness, refine_end, refine_start
from speech.validation.evidence import word_evidence
from speech.validation.forced import ForcedScore, ScoredWord, better_form, closed, in_written_words
from speech.validation.hearing import Hearing, hear, measures_of
from speech.validation.measures import TAIL_SECONDS, Bounds, measure, remarks
from speech.validation.phones.alignment import Alignment
from speech.validation.phones.costs import learnt_costs
from speech.validation.phones.listener import PhoneListener
from speech.validation.phones.listening import follow
from speech.validation.pieces import Piece, cut_points, encode_pieces, score_pieces
from speech.validation.protocol import Check, Expected, Transcript, Word
from speech.validation.rule import Rules, early_by, margin_of, rules_for, score_of
from speech.validation.transcribe import transcribe
from speech.validation.windows import to_listening_rate
from speech.validation.words import primary, word_spans

_FOUND = -3.0
"""Log-probability above which a word counts as found; words that are not there score about -5 and below."""


@dataclass(frozen=True)
class _Audio:
    """A take that was listened to; `spoken` is the score of the text as it is read out."""

    pieces: list[Piece]
    loud: Loudness
    seconds: float
    spoken: ForcedScore
    phones: Alignment | None
    likeness: float
    fall: float


@dataclass(frozen=True)
class _Verdict:
    """What the stages have found so far."""

    words: tuple[ScoredWord, ...]
    bounds: Bounds
    measures: dict[str, float]
    margin: float
    hearing: Hearing | None = None
    by_hearing: bool = False


class WhisperValidator:
    """Implements `speech.validation.protocol.Validator` on any Whisper backend; thread-safe.

    Args:
        backend: the model.
        rules: learnt rules; ``None`` for those of the data file that fit the model and the take's language.
        phones: the second listener; ``None`` for Whisper alone.
    """

    def __init__(self, backend: Backend, rules: Rules | None = None, phones: PhoneListener | None = None) -> None:
        self._backend = backend
        self._rules = rules
        self._phones = phones

    @property
    def name(self) -> str:
        """Backend and model."""
        return self._backend.name

    @property
    def languages(self) -> tuple[str, ...]:
        """Primary languages of the model."""
        return self._backend.languages

    def load(self, report: ProgressReport | None = None) -> None:
        """Load both listeners; does nothing when loaded. Raises ``ModelLoadError``."""
        self._backend.load(report)
        if self._phones is not None:
            self._phones.load(report)

    def unload(self) -> None:
        """Free the models' memory; checks under way end as usual."""
        self._backend.unload()
        if self._phones is not None:
            self._phones.unload()

    def transcribe(self, samples: Samples, sample_rate: int, language: str) -> Transcript:
        """What a recording says, as `speech.validation.transcribe.transcribe`; loads the model on the first call."""
        self._backend.load()
        return transcribe(self._backend, samples, sample_rate, language)

    def detect_language(self, samples: Samples, sample_rate: int) -> str:
        """Primary language of what a recording says, by its first `MAX_SECONDS`; loads the model on the first call."""
        self._backend.load()
        beginning = to_listening_rate(samples[: int(MAX_SECONDS * sample_rate)], sample_rate)
        return self._backend.detect_language(self._backend.encode(beginning))

    def check(
        self,
        samples: Samples,
        sample_rate: int,
        expected: Expected,
        *,
        threshold: float | None = None,
        transcribe: bool = False,
    ) -> Check:
        """Judge one take; loads the model on the first call.

        The score is 0.85 at the learnt rule's limit and rises with the log odds that the take is good.

        Args:
            samples: mono take.
            sample_rate: in Hz.
            expected: the text it should say.
            threshold: lowest score that passes, 0 to 1; ``None`` for the learnt rule.
            transcribe: make a free transcript even when the verdict needs none.
        """
        self.load()
        if primary(expected.language) not in self._backend.languages:
            return Check(passed=True, score=1.0, method="none", warnings=("not_checked",))
        if not word_spans(expected.spoken, expected.language):
            return Check(passed=True, score=1.0, method="none", warnings=("no_words",))
        audio = self._listen(samples, sample_rate, expected)
        if audio is None:
            return Check(passed=False, score=0.0, method="forced", speech_end=0.0, warnings=("silent",))
        limit = 0.0 if threshold is None else margin_of(threshold)
        verdict = self._judge(audio, expected, limit)
        if transcribe and verdict.hearing is None:
            verdict = replace(verdict, hearing=self._hear(audio, expected))
        return _check(verdict, expected, limit, early_by(self._backend.model))

    def _listen(self, samples: Samples, sample_rate: int, expected: Expected) -> _Audio | None:
        """Whisper listens in this thread, the quicker listeners in one beside it; ``None`` for silence."""
        heard = to_listening_rate(samples, sample_rate)
        loud = loudness(heard)
        seconds = len(heard) / SAMPLE_RATE
        spans = cut_points(loud, seconds)
        if not spans:
            return None
        with ThreadPoolExecutor(1, "listener") as beside:
            phones = beside.submit(self._hear_phones, heard, spans, expected)
            likeness = beside.submit(_likeness, heard, expected)
            pieces = encode_pieces(self._backend, heard, loud, spans)
            spoken = self._score(pieces, expected.spoken, expected.language)
            return _Audio(pieces, loud, seconds, spoken, phones.result(), likeness.result(), ending_fall(heard))

    def _hear_phones(
        self, samples: Samples, spans: Sequence[tuple[float, float]], expected: Expected
    ) -> Alignment | None:
        if self._phones is None or not self._phones.knows(expected.language):
            return None
        return follow(self._phones.expected(expected.spoken), self._phones.listen(samples, spans))

    def _judge(self, audio: _Audio, expected: Expected, limit: float) -> _Verdict:
        rules = self._rules or rules_for(self._backend.model, expected.language)
        forced = rules.forced
        verdict = self._verdict(audio, audio.spoken, expected, rules)
        if verdict.margin < limit + forced.clear_pass and _is_other_form(expected):
            written = self._score(audio.pieces, expected.written, expected.language)
            verdict = self._verdict(audio, better_form(audio.spoken, written), expected, rules)
        if rules.heard is None or not limit + forced.clear_fail <= verdict.margin < limit + forced.clear_pass:
            return verdict
        hearing = self._hear(audio, expected)
        measures = {**verdict.measures, **measures_of(hearing)}
        return replace(
            verdict,
            measures=measures,
            margin=rules.heard.judge(measures),
            hearing=hearing,
            by_hearing=True,
        )

    def _score(self, pieces: Sequence[Piece], text: str, language: str) -> ForcedScore:
        return score_pieces(self._backend, pieces, closed(text), language)

    def _hear(self, audio: _Audio, expected: Expected) -> Hearing:
        return hear(self._backend, audio.pieces, (expected.spoken, expected.written), expected.language)

    def measures(self, samples: Samples, sample_rate: int, expected: Expected) -> dict[str, float]:
        """All numbers of the first stage for one take, as the rules are learnt from them; empty for silence."""
        self.load()
        audio = self._listen(samples, sample_rate, expected)
        if audio is None:
            return {}
        score = audio.spoken
        if _is_other_form(expected):
            score = better_form(score, self._score(audio.pieces, expected.written, expected.language))
        bounds = find_bounds(score.words, audio.loud, audio.seconds)
        return {**_measures(audio, score, bounds, expected), "speech_end": bounds.end}

    def _verdict(self, audio: _Audio, score: ForcedScore, expected: Expected, rules: Rules) -> _Verdict:
        bounds = find_bounds(score.words, audio.loud, audio.seconds)
        measures = _measures(audio, score, bounds, expected)
        return _Verdict(score.words, bounds, measures, rules.forced.judge(measures))


def _measures(audio: _Audio, score: ForcedScore, bounds: Bounds, expected: Expected) -> dict[str, float]:
    found = measure(score, audio.loud, bounds, expected.speed)
    return {
        **found,
        **word_evidence(score.words, audio.phones, learnt_costs()),
        "echo": audio.likeness,
        # A tail that will be cut off may end as it likes.
        "fall": 0.0 if found["tail"] > TAIL_SECONDS else audio.fall,
    }


def _likeness(samples: Samples, expected: Expected) -> float:
    """Likeness of neighbouring stretches; where the text repeats itself it tells nothing."""
    return 0.0 if repeats_itself(expected.spoken, expected.language) else echo(samples)


def _is_other_form(expected: Expected) -> bool:
    written = closed(expected.written)
    return written != closed(expected.spoken) and bool(word_spans(written, expected.language))


def find_bounds(words: Sequence[ScoredWord], loud: Loudness, seconds: float) -> Bounds:
    """Where the words of a take of `seconds` begin and end, by alignment and by the level curve."""
    first, last = words[0], words[-1]
    return Bounds(
        aligned_start=first.start,
        aligned_end=last.end,
        start=refine_start(loud, first.start, first.end),
        end=refine_end(loud, last.start, last.end),
        total=seconds,
    )


def _check(verdict: _Verdict, expected: Expected, limit: float, early: float) -> Check:
    bounds = verdict.bounds
    hearing = verdict.hearing
    return Check(
        passed=verdict.margin >= limit,
        score=score_of(verdict.margin),
        method="transcribed" if verdict.by_hearing else "forced",
        wer=None if hearing is None else hearing.comparison.wer,
        transcript=None if hearing is None else hearing.transcript,
        words=_words(in_written_words(verdict.words, expected.written, expected.language), bounds, early),
        speech_start=bounds.start,
        speech_end=bounds.end,
        said=_said(verdict),
        warnings=remarks(verdict.measures),
    )


def _said(verdict: _Verdict) -> float:
    """Share of the expected words that were found: heard if there is a transcript, else probable enough."""
    if verdict.hearing is not None:
        comparison = verdict.hearing.comparison
        return sum(edit[0] == "same" for edit in comparison.edits) / max(1, comparison.expected)
    return sum(word.log_probability > _FOUND for word in verdict.words) / len(verdict.words)


def _words(scored: Sequence[ScoredWord], bounds: Bounds, early: float) -> tuple[Word, ...]:
    """Words for the report, with the take's true start and end, never running backwards.

    Args:
        scored: as aligned.
        bounds: of the speech.
        early: seconds by which the alignment runs ahead.
    """
    words: list[Word] = []
    for number, word in enumerate(scored):
        start = bounds.start if number == 0 else min(max(word.start + early, words[-1].end), bounds.end)
        end = bounds.end if number + 1 == len(scored) else min(word.end + early, bounds.end)
        probability = math.exp(min(0.0, word.log_probability))
        words.append(Word(word.text, start, max(start, end), probability))
    return tuple(words)
