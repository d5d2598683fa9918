"""Whisper base judges real speech of the embedded engine."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from speech.cancel import CancelToken
from speech.progress import ignore
from speech.transcription import transcribe_recording
from speech.validation import create_validator
from speech.validation.protocol import Check, Expected
from speech.validation.validator import WhisperValidator
from speech.validation.windows import to_listening_rate
from tests.speech.validation.conftest import RATE, SENTENCES, Speech

pytestmark = pytest.mark.truth


def check(whisper: WhisperValidator, speech: Speech, **options: object) -> Check:
    return whisper.check(speech.samples, RATE, speech.expected, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", SENTENCES)
def test_correct_takes_pass_with_times_for_every_word(
    whisper: WhisperValidator, speeches: dict[str, Speech], name: str
) -> None:
    speech = speeches[name]
    result = check(whisper, speech)

    assert result.passed
    assert result.warnings == ()
    assert [word.text for word in result.words] == speech.expected.written.split()
    assert all(word.start <= word.end for word in result.words)
    assert all(a.end <= b.start + 1e-9 for a, b in pairwise(result.words))
    assert result.words[0].start > 0.1
    assert result.speech_end is not None
    assert result.speech_end < len(speech.samples) / RATE


def test_a_word_cut_out_fails(whisper: WhisperValidator, speeches: dict[str, Speech]) -> None:
    speech = speeches["canoe"]
    word = next(word for word in check(whisper, speech).words if word.text == "early")
    start, end = int(word.start * RATE), int(word.end * RATE)
    spoiled = replace(speech, samples=np.concatenate((speech.samples[:start], speech.samples[end:])))

    assert not check(whisper, spoiled).passed


def test_a_word_cut_out_is_missed_by_both_listeners(whisper: WhisperValidator, speeches: dict[str, Speech]) -> None:
    speech = speeches["canoe"]
    word = next(word for word in check(whisper, speech).words if word.text == "early")
    start, end = int(word.start * RATE), int(word.end * RATE)
    cut = np.concatenate((speech.samples[:start], speech.samples[end:]))

    whole = whisper.measures(speech.samples, RATE, speech.expected)
    spoiled = whisper.measures(cut, RATE, speech.expected)

    assert spoiled["phone_missing"] > whole["phone_missing"] + 5
    assert spoiled["gone"] > whole["gone"] + 3


def test_another_text_fails(whisper: WhisperValidator, speeches: dict[str, Speech]) -> None:
    text = "Where did they hide the box?"
    result = check(whisper, replace(speeches["keys"], expected=Expected(text, text, "en")))

    assert not result.passed
    assert result.score < check(whisper, speeches["keys"]).score


def test_half_a_take_fails(whisper: WhisperValidator, speeches: dict[str, Speech]) -> None:
    speech = speeches["time"]

    assert not check(whisper, replace(speech, samples=speech.samples[: len(speech.samples) // 2])).passed


def test_slow_speech_fails_unless_it_was_asked_for(whisper: WhisperValidator, speeches: dict[str, Speech]) -> None:
    import soxr

    speech = speeches["canoe"]
    slow = replace(speech, samples=np.asarray(soxr.resample(speech.samples, 1, 1.9), np.float32))
    asked = replace(slow, expected=replace(speech.expected, speed=1 / 1.9))

    assert "too_slow" in check(whisper, slow).warnings
    assert "too_slow" not in check(whisper, asked).warnings


def test_a_tail_of_noise_is_cut_off_by_the_word_times(whisper: WhisperValidator, speeches: dict[str, Speech]) -> None:
    speech = speeches["canoe"]
    clean = check(whisper, speech)
    noise = 0.02 * np.random.default_rng(1).standard_normal(RATE).astype(np.float32)
    result = check(whisper, replace(speech, samples=np.concatenate((speech.samples, noise))))

    assert "tail_noise" in result.warnings
    assert result.speech_end == pytest.approx(clean.speech_end, abs=0.05)


def test_a_transcript_is_made_when_asked_for(whisper: WhisperValidator, speeches: dict[str, Speech]) -> None:
    result = check(whisper, speeches["money"], transcribe=True)

    assert result.transcript is not None
    assert "86" in result.transcript
    # Base mishears one of the nine words in some renderings ("Dino" for "Dinner").
    assert result.wer is not None and result.wer < 0.2


def test_a_recording_is_written_down_in_the_language_that_is_heard(
    whisper: WhisperValidator, speeches: dict[str, Speech]
) -> None:
    sound = np.concatenate([np.zeros(RATE, np.float32), speeches["canoe"].samples, speeches["keys"].samples])
    blocks = [to_listening_rate(sound, RATE)]
    heard = transcribe_recording(blocks, whisper, "", len(sound) / RATE, ignore, CancelToken())
    assert heard.language == "en"
    assert [sentence.text for sentence in heard.sentences] == [SENTENCES["canoe"][0], SENTENCES["keys"][0]]
    assert heard.sentences[0].start == pytest.approx(1.2, abs=0.3)
    assert all(-0.5 < sentence.log_probability <= 0 for sentence in heard.sentences)


def test_four_threads_agree_with_one(whisper: WhisperValidator, speeches: dict[str, Speech]) -> None:
    alone = {name: check(whisper, speech) for name, speech in speeches.items()}
    jobs = list(speeches.items()) * 3

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda job: (job[0], check(whisper, job[1])), jobs))

    assert all(result == alone[name] for name, result in results)


def test_a_gpu_that_refuses_the_model_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, speeches: dict[str, Speech], model_cache: Path
) -> None:
    monkeypatch.setattr("ctranslate2.get_cuda_device_count", lambda: 1)
    whisper = create_validator(cache_dir=model_cache, allow_hub=False)
    try:
        assert check(whisper, speeches["canoe"]).passed
    finally:
        whisper.unload()
    assert "runs on the processor" in caplog.text
