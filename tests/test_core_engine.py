import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from api_models import TTSRequest
from config import Settings
from core.results import SpeechResult
from core_engine import CoreEngine
from exceptions import CancelledError, DeadlineExceededError, GenerationError, InvalidRequestError, QueueFullError
from speech.cancel import CancelToken
from speech.engines.protocol import ProgressReport
from speech.engines.tone import ToneEngine, ToneFaults, chunk_pitch
from speech.progress import Admitted, ChunkDone, Event, Planned, TakeJudged
from speech.text.lower import lower_case
from speech.text.prepare import TextRules, prepare_text
from tests.conftest import CoreMaker
from tests.support.tones import chunk_pitch_of, decode, voice_of
from tests.support.validators import scores

TEXT = "The birch canoe slid on the planks. Glue the sheet to the background.\n\nIt is easy to tell the depth."


def request(text: str = TEXT, **fields: object) -> TTSRequest:
    return TTSRequest.model_validate({"text": text, "export_formats": ["wav"], **fields})


def comment_of(path: Path) -> str:
    with av.open(str(path)) as container:
        return str(container.metadata["comment"])


def audio_of(result: SpeechResult) -> tuple[np.ndarray, int]:
    return decode(result.files[0].path)


def chunk_audio(result: SpeechResult) -> list[tuple[str, np.ndarray]]:
    samples, rate = audio_of(result)
    return [(chunk.text, samples[int(chunk.start * rate) : int(chunk.end * rate)]) for chunk in result.quality.chunks]


def test_every_sentence_is_spoken_in_order(make_core: CoreMaker) -> None:
    core = make_core()
    result = core.tts(request())
    spoken = chunk_audio(result)
    assert " ".join(text for text, _ in spoken).split() == TEXT.split()
    for text, samples in spoken:
        assert chunk_pitch_of(samples, 24_000) == chunk_pitch(lower_case(text))


def test_voice_and_speed_are_those_asked(make_core: CoreMaker) -> None:
    core = make_core()
    slow = core.tts(request(voice="tone-d", speed_factor=0.5))
    fast = core.tts(request(voice="tone-d", speed_factor=2.0))
    samples, rate = audio_of(slow)
    assert voice_of(samples, rate) == "tone-d"
    pauses = 0.85
    assert (slow.audio_seconds - pauses) / (fast.audio_seconds - pauses) == pytest.approx(4, abs=0.05)


def test_pauses_follow_sentences_and_paragraphs(make_core: CoreMaker) -> None:
    result = make_core().tts(request(sentence_pause_ms=400, paragraph_pause_ms=1500))
    first, second, third = result.quality.chunks
    assert second.start - first.end == pytest.approx(0.4, abs=0.002)
    assert third.start - second.end == pytest.approx(1.5, abs=0.002)
    assert third.end == pytest.approx(result.audio_seconds, abs=0.002)


def test_joins_do_not_click(make_core: CoreMaker) -> None:
    result = make_core().tts(request(sentence_pause_ms=0, paragraph_pause_ms=0))
    samples, rate = audio_of(result)
    inside = np.abs(np.diff(samples)).max()
    for chunk in result.quality.chunks[:-1]:
        at = int(chunk.end * rate)
        assert np.abs(np.diff(samples[at - 3 : at + 3])).max() < 0.1 * inside


def test_equal_requests_with_a_seed_give_equal_samples(make_core: CoreMaker) -> None:
    one = audio_of(make_core().tts(request(seed=5)))[0]
    two = audio_of(make_core(max_batch=4).tts(request(seed=5)))[0]
    other = audio_of(make_core().tts(request(seed=6)))[0]
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)


def test_a_drawn_seed_repeats_the_result(make_core: CoreMaker) -> None:
    core = make_core()
    drawn = core.tts(request())
    again = core.tts(request(seed=drawn.seed))
    assert np.array_equal(audio_of(drawn)[0], audio_of(again)[0])


def test_observer_hears_plan_takes_and_chunks(make_core: CoreMaker) -> None:
    events: list[Event] = []
    make_core(validator=scores(0.1, 0.9)).tts(request(), events.append)
    assert isinstance(events[0], Admitted)
    assert isinstance(events[1], Planned) and len(events[1].plan.chunks) == 3
    assert [type(event) for event in events[2:5]] == [TakeJudged, TakeJudged, ChunkDone]
    done = [event for event in events if isinstance(event, ChunkDone)]
    assert [(event.index, event.total) for event in done] == [(0, 3), (1, 3), (2, 3)]


def test_quality_tells_takes_scores_and_verdict(make_core: CoreMaker) -> None:
    result = make_core(validator=scores(0.1, 0.9)).tts(request())
    assert [chunk.takes for chunk in result.quality.chunks] == [2, 1, 1]
    assert result.quality.verdict == "passed"
    assert result.quality.chunks[0].score == 0.9


def test_kept_failures_are_told(make_core: CoreMaker) -> None:
    result = make_core(validator=scores(0.1)).tts(request(num_candidates_per_chunk=2, max_attempts_per_candidate=1))
    assert result.quality.verdict == "failed"
    assert len(result.warnings) == 3 and "best one was kept" in result.warnings[0]


def test_marked_chunks_leave_a_pause_and_a_warning(make_core: CoreMaker) -> None:
    result = make_core(validator=scores(0.9, 0.1, 0.1, 0.9)).tts(
        request(on_failure="mark", num_candidates_per_chunk=2, max_attempts_per_candidate=1)
    )
    spoken = [chunk.spoken for chunk in result.quality.chunks]
    assert spoken == [True, False, True]
    assert "Glue the sheet" in result.warnings[0]
    samples = chunk_audio(result)[1][1]
    assert len(samples) == 24_000 and not samples.any()


def test_fail_leaves_no_file(make_core: CoreMaker) -> None:
    core = make_core(validator=scores(0.9, 0.1))
    with pytest.raises(GenerationError):
        core.tts(request(on_failure="fail"))
    assert list(core.outputs.root.rglob("*.*")) == []


def test_bypass_checks_nothing(make_core: CoreMaker) -> None:
    validator = scores(0.1)
    result = make_core(validator=validator).tts(request(bypass_whisper_checking=True))
    assert validator.seen == []
    assert result.quality.verdict == "not_checked"


def test_languages_the_validator_does_not_know_are_not_checked(make_core: CoreMaker) -> None:
    validator = scores(0.9)
    validator.languages = ("de",)
    result = make_core(validator=validator).tts(request())
    assert result.quality.verdict == "not_checked"


def test_sidecar_tells_how_it_was_made(make_core: CoreMaker) -> None:
    result = make_core().tts(request(seed=9, folder="books/one", export_formats=["wav", "mp3"]))
    sidecar = json.loads(result.files[0].path.with_suffix(".json").read_text("utf-8"))
    assert sidecar["settings"]["text"] == TEXT
    assert sidecar["settings"]["seed"] == result.seed == 9
    assert sidecar["settings_hash"] in comment_of(result.files[1].path)
    assert sidecar["quality"]["chunks"][2]["text"] == "It is easy to tell the depth."
    assert result.files[0].name.startswith("books/one/")
    restored = TTSRequest.model_validate(
        {key: value for key, value in sidecar["settings"].items() if value is not None}
    )
    assert restored.text == TEXT


def test_cancelling_stops_within_a_chunk_and_leaves_nothing(make_core: CoreMaker) -> None:
    core = make_core(ToneFaults(delay=0.3))
    token = CancelToken()
    threading.Timer(0.4, token.cancel).start()
    started = time.monotonic()
    with pytest.raises(CancelledError):
        core.tts(request("One sentence here. " * 100), cancel=token)
    assert time.monotonic() - started < 2
    assert list(core.outputs.root.rglob("*.*")) == []
    assert core.active_requests == 0
    assert core.lane.waiting == 0
    assert core.tts(request("The next one works.")).audio_seconds > 0


def test_the_time_limit_ends_a_request(make_core: CoreMaker) -> None:
    core = make_core(ToneFaults(delay=0.2), server={"request_timeout_seconds": 0.5})
    with pytest.raises(DeadlineExceededError):
        core.tts(request("One sentence here. " * 100))


def test_too_many_requests_are_refused_at_once(make_core: CoreMaker) -> None:
    core = make_core(ToneFaults(delay=0.5), server={"max_concurrent_requests": 1, "max_waiting_requests": 1})
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(core.tts, request("One two three.")) for _ in range(2)]
        while core.active_requests < 2:
            time.sleep(0.01)
        started = time.monotonic()
        with pytest.raises(QueueFullError):
            core.tts(request("One two three."))
        assert time.monotonic() - started < 0.3
        assert all(future.result(10).audio_seconds > 0 for future in running)


def test_voices_never_mix_between_callers(make_core: CoreMaker) -> None:
    core = make_core(max_batch=4)
    voices = [voice.name for voice in core.engine.voices]

    def speak(number: int) -> bool:
        name = voices[number % len(voices)]
        result = core.tts(request(f"This is the caller {'a' * number} speaking. And a second sentence.", voice=name))
        return all(
            voice_of(samples, 24_000) == name and chunk_pitch_of(samples, 24_000) == chunk_pitch(lower_case(text))
            for text, samples in chunk_audio(result)
        )

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(speak, range(40)))


def test_a_short_request_overtakes_a_long_one(make_core: CoreMaker) -> None:
    core = make_core(ToneFaults(delay=0.05))
    with ThreadPoolExecutor(1) as pool:
        book = pool.submit(core.tts, request("One sentence here. " * 60))
        while core.active_requests == 0:
            time.sleep(0.01)
        core.tts(request("A short one."))
        assert not book.done()
        book.result(30)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"voice": "nobody"}, "voice"),
        ({"language": "fr"}, "language"),
        ({"engine": "chatterbox"}, "engine"),
        ({"model": "chatterbox-turbo"}, "model"),
        ({"text": "x" * 10_001}, "text"),
        ({"text": "*** 👍"}, "text"),
        ({"text": "one \ufffd two"}, "text"),
        ({"folder": "../up"}, "folder"),
    ],
)
def test_impossible_requests_name_their_field(make_core: CoreMaker, fields: dict[str, str], field: str) -> None:
    core = make_core()
    with pytest.raises(InvalidRequestError) as caught:
        core.tts(request(**{"text": "Hello there.", **fields}))
    assert caught.value.field == field


def test_operator_defaults_apply_unless_the_request_says_otherwise(make_core: CoreMaker) -> None:
    core = make_core(tts_defaults={"voice": "tone-c", "speed_factor": 2.0})
    assert core.tts(TTSRequest(text="Hello there.")).voice == "tone-c"
    assert [file.format for file in core.tts(TTSRequest(text="Hello there.")).files] == ["wav", "mp3"]
    assert core.tts(TTSRequest(text="Hello there.", voice="tone-b")).voice == "tone-b"
    assert core.tts(TTSRequest(text="Hello there.", reference_audio_filename="tone-e")).voice == "tone-e"


def test_ignored_parameters_are_named(make_core: CoreMaker) -> None:
    core = make_core()
    core.engine.capabilities = replace(core.engine.capabilities, parameters=(), seeded=False)  # type: ignore[misc]
    assert core.tts(request(speed_factor=1.5, seed=4)).ignored_parameters == ("seed",)
    assert core.tts(request()).ignored_parameters == ()


def test_wordless_lines_are_reported(make_core: CoreMaker) -> None:
    result = make_core().tts(request("Before the stars.\n\n♪ ♫\n\nAfter the stars."))
    assert [chunk.text for chunk in result.quality.chunks] == ["Before the stars.", "After the stars."]
    assert any("♪ ♫" in warning for warning in result.warnings)


def test_readiness_follows_the_load(make_core: CoreMaker) -> None:
    core = make_core(validator=scores(0.9))
    assert core.readiness.state == "starting"
    assert core.wait_ready(5).ready
    core.start()
    assert core.validator.loads == 1  # type: ignore[union-attr]
    core.close()
    assert core.readiness.state == "stopping"


def test_progress_of_a_long_load_is_the_reason_why_it_is_not_ready(settings: Settings) -> None:
    going, told = threading.Event(), threading.Event()

    class Downloading(ToneEngine):
        def load(self, report: ProgressReport | None = None) -> None:
            if report is not None:
                report("Downloading the model", 0.42)
            told.set()
            going.wait(10)

    core = CoreEngine(settings, engine=Downloading(), validator=scores(1.0))
    core.start()
    assert told.wait(5)
    assert core.readiness.reason == "Downloading the model (42%)."
    going.set()
    assert core.wait_ready(5).ready
    core.close()


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(min_size=1, max_size=400))
def test_no_text_is_lost_on_the_way_to_the_plan(make_core: CoreMaker, text: str) -> None:
    core = _shared(make_core)
    try:
        planned = core.plan(TTSRequest(text=text))
    except (InvalidRequestError, ValueError):
        return
    kept = [*(chunk.text for chunk in planned.plan.chunks), *planned.wordless]
    prepared = prepare_text(text, TextRules())
    assert sorted("".join("".join(part.split()) for part in kept)) == sorted("".join(prepared.split()))


_cores: list[CoreEngine] = []


def _shared(make_core: CoreMaker) -> CoreEngine:
    if not _cores:
        _cores.append(make_core())
    return _cores[0]
