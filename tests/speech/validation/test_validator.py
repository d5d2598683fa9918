"""Both stages of the validator, on a backend that hears what a script says."""

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from speech.samples import Samples
from speech.validation.backend import SAMPLE_RATE
from speech.validation.phones.expected import ExpectedWord
from speech.validation.phones.heard import Heard, joined
from speech.validation.phones.listener import PhoneListener
from speech.validation.protocol import Check, Expected, Validator
from speech.validation.rule import DEFAULT_THRESHOLD, Rule, Rules, Term, early_by
from speech.validation.validator import WhisperValidator
from tests.speech.validation.scripted import LEAD_SECONDS, STEP, WORD_SECONDS, ScriptedBackend, ScriptedEncoding, speak

TEXT = "the quick brown fox jumps over lazy dogs"
RULES = Rules(
    forced=Rule(4.0, (Term("worst", None, -0.5, 2.0, 9.0),), clear_pass=3.0, clear_fail=-20.0),
    heard=Rule(4.0, (Term("heard_errors", 0.0, None, 8.0, 9.0),)),
)


def check(said: str, expected: str = TEXT, written: str | None = None, **options: object) -> Check:
    backend = ScriptedBackend(said)
    samples = speak(said)
    text = Expected(written or expected, expected, "en-US")
    return WhisperValidator(backend, RULES).check(samples, SAMPLE_RATE, text, **options)  # type: ignore[arg-type]


def test_it_is_a_validator() -> None:
    assert isinstance(WhisperValidator(ScriptedBackend("")), Validator)


def test_a_correct_take_passes_without_a_transcript() -> None:
    result = check(TEXT)

    assert result.passed
    assert result.method == "forced"
    assert result.transcript is None
    assert result.wer is None
    assert result.score > DEFAULT_THRESHOLD


def test_every_word_has_its_time() -> None:
    words = check(TEXT).words

    assert [word.text for word in words] == TEXT.split()
    starts = [LEAD_SECONDS + i * STEP for i in range(8)]
    assert [word.start for word in words] == pytest.approx(starts, abs=0.06)
    assert words[-1].end == pytest.approx(starts[-1] + WORD_SECONDS, abs=0.06)
    assert all(a.end <= b.start for a, b in pairwise(words))


def test_times_of_a_model_that_runs_ahead_are_put_right() -> None:
    backend = ScriptedBackend(TEXT)
    backend.model = "base"
    words = WhisperValidator(backend, RULES).check(speak(TEXT), SAMPLE_RATE, Expected(TEXT, TEXT, "en")).words

    assert early_by("base") == 0.13 and early_by("unknown") == 0.0
    assert words[3].start == pytest.approx(LEAD_SECONDS + 3 * STEP + 0.13, abs=0.06)
    assert words[0].start == pytest.approx(LEAD_SECONDS, abs=0.06)
    assert all(a.end <= b.start for a, b in pairwise(words))


def test_the_share_of_words_found_is_told() -> None:
    assert check(TEXT).said == 1.0
    assert check(TEXT.replace("brown ", ""), TEXT).said < 1.0


def test_a_transcript_is_made_when_asked_for() -> None:
    result = check(TEXT, transcribe=True)

    assert result.method == "forced"
    assert result.transcript == f"{TEXT}."
    assert result.wer == 0.0


@pytest.mark.parametrize(
    "said",
    [
        "the quick brown jumps over lazy dogs",
        "the quick brown table jumps over lazy dogs",
        "the quick brown brown fox jumps over lazy dogs",
    ],
)
def test_a_spoiled_take_is_transcribed_and_fails(said: str) -> None:
    result = check(said)

    assert not result.passed
    assert result.method == "transcribed"
    assert result.wer == pytest.approx(1 / 8)
    assert result.score < DEFAULT_THRESHOLD


@pytest.mark.parametrize("transcribe", [False, True])
def test_rules_of_one_stage_transcribe_only_when_asked(transcribe: bool) -> None:
    said = "the quick brown jumps over lazy dogs"
    backend = ScriptedBackend(said)
    rules = Rules(Rule(4.0, (Term("worst", None, -0.5, 2.0, 9.0),), clear_pass=9.0, clear_fail=-20.0))
    result = WhisperValidator(backend, rules).check(
        speak(said), SAMPLE_RATE, Expected(TEXT, TEXT, "en"), transcribe=transcribe
    )

    assert not result.passed
    assert result.method == "forced"
    assert result.transcript == (f"{said}." if transcribe else None)
    assert backend.decodes == int(transcribe)


def test_both_listeners_are_loaded_and_freed_together() -> None:
    class Counted(PhoneListener):
        loads = 0

        def load(self, report: object = None) -> None:
            self.loads += 1

        def unload(self) -> None:
            self.loads = 0

    backend, phones = ScriptedBackend(TEXT), Counted(lambda _: Path())
    validator = WhisperValidator(backend, RULES, phones)
    validator.load()
    assert (backend.loads, phones.loads) == (1, 1)
    validator.unload()
    assert (backend.loads, phones.loads) == (0, 0)


def test_both_listeners_hear_a_take_at_the_same_time() -> None:
    met = threading.Barrier(2, timeout=10)

    class Whisper(ScriptedBackend):
        def encode(self, samples: Samples) -> ScriptedEncoding:
            met.wait()
            return super().encode(samples)

    class Phones(PhoneListener):
        def load(self, report: object = None) -> None:
            pass

        def expected(self, text: str) -> tuple[ExpectedWord, ...]:
            return ()

        def listen(self, samples: Samples, spans: Iterable[tuple[float, float]]) -> Heard:
            met.wait()
            return joined(())

    validator = WhisperValidator(Whisper(TEXT), RULES, Phones(lambda _: Path()))
    assert validator.check(speak(TEXT), SAMPLE_RATE, Expected(TEXT, TEXT, "en")).passed


def test_a_threshold_moves_the_limit() -> None:
    said = "the quick brown table jumps over lazy dogs"
    score = check(said).score

    assert check(said, threshold=score * 0.99).passed
    assert not check(said, threshold=min(1.0, score * 1.01)).passed
    assert not check(TEXT, threshold=1.0).passed


def test_the_written_form_counts_where_the_model_prefers_it() -> None:
    result = check("it costs $3 now and then", "it costs three dollars now and then", "it costs $3 now and then")

    assert result.passed
    assert result.method == "forced"
    assert [word.text for word in result.words] == ["it", "costs", "$3", "now", "and", "then"]


def test_stretches_may_each_prefer_another_form() -> None:
    result = check(
        "it costs $3 or five euros today",
        "it costs three dollars or five euros today",
        "it costs $3 or €5 today",
    )

    assert result.passed
    assert result.method == "forced"


def test_silence_fails() -> None:
    result = WhisperValidator(ScriptedBackend(""), RULES).check(
        np.zeros(SAMPLE_RATE, np.float32), SAMPLE_RATE, Expected(TEXT, TEXT, "en")
    )

    assert not result.passed
    assert result.score == 0.0
    assert result.warnings == ("silent",)


def test_an_empty_take_fails() -> None:
    result = WhisperValidator(ScriptedBackend(""), RULES).check(
        np.zeros(0, np.float32), 24_000, Expected(TEXT, TEXT, "en")
    )

    assert not result.passed


@pytest.mark.parametrize(("language", "text"), [("de", TEXT), ("en", "…")])
def test_what_cannot_be_judged_is_not_judged(language: str, text: str) -> None:
    result = WhisperValidator(ScriptedBackend(TEXT), RULES).check(
        speak(TEXT), SAMPLE_RATE, Expected(text, text, language)
    )

    assert result.passed
    assert result.method == "none"


def test_other_sample_rates_are_resampled() -> None:
    import soxr

    samples = np.asarray(soxr.resample(speak(TEXT), SAMPLE_RATE, 24_000), np.float32)
    result = WhisperValidator(ScriptedBackend(TEXT), RULES).check(samples, 24_000, Expected(TEXT, TEXT, "en"))

    assert result.passed


def test_long_takes_are_cut_at_silences_and_lose_no_word() -> None:
    said = " ".join(f"word{i}" for i in range(220))
    samples = speak(said, {60: 0.5, 130: 0.6, 170: 0.5})
    backend = ScriptedBackend(said)

    result = WhisperValidator(backend, RULES).check(samples, SAMPLE_RATE, Expected(said, said, "en"))

    assert len(samples) > 75 * SAMPLE_RATE
    assert result.passed
    assert [word.text for word in result.words] == said.split()
    assert result.words[150].start == pytest.approx(LEAD_SECONDS + 150 * STEP + 0.45 + 0.55, abs=0.06)


def test_a_word_missing_in_a_long_take_is_found() -> None:
    words = [f"word{i}" for i in range(120)]
    said = " ".join(words[:90] + words[91:])
    text = " ".join(words)

    result = WhisperValidator(ScriptedBackend(said), RULES).check(speak(said), SAMPLE_RATE, Expected(text, text, "en"))

    assert not result.passed


def test_text_without_any_audio_left_is_absent() -> None:
    text = " ".join(f"word{i}" for i in range(200))

    result = check(TEXT, text)

    assert not result.passed
    assert len(result.words) == 200


def test_a_tail_is_marked_and_left_out() -> None:
    said = "the quick brown fox jumps over lazy dogs"
    samples = speak(said, tail=0.3)
    noise = 0.05 * np.random.default_rng(1).standard_normal(SAMPLE_RATE).astype(np.float32)
    result = WhisperValidator(ScriptedBackend(said), RULES).check(
        np.concatenate((samples, noise)), SAMPLE_RATE, Expected(said, said, "en")
    )

    assert "tail_noise" in result.warnings
    assert result.speech_end == pytest.approx(len(samples) / SAMPLE_RATE - 0.3, abs=0.05)


def test_threads_agree() -> None:
    validator = WhisperValidator(ScriptedBackend(TEXT), RULES)
    samples = speak(TEXT)
    expected = Expected(TEXT, TEXT, "en")

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: validator.check(samples, SAMPLE_RATE, expected), range(8)))

    assert all(result == results[0] for result in results)
