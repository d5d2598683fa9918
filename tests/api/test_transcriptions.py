"""Transcriptions as raw HTTP: their headers, recordings of any length, and how they end."""

import io
import socket
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest

from core.concat_sources import UploadedAudio
from core.operations import Ended, Operation, OperationEvent
from core_engine import CoreEngine
from exceptions import ModelLoadError
from speech.admission import Work
from speech.engines.protocol import ProgressReport
from speech.progress import WindowHeard
from speech.samples import Samples
from tests.conftest import CoreMaker
from tests.support.listening import serving
from tests.support.recordings import RATE, encoded, speechlike, wav_bytes
from tests.support.validators import ListeningValidator

ADDRESS = "/v1/audio/transcriptions"
TALK = speechlike(2.0)


def minutes(number: float) -> Samples:
    return np.tile(TALK, round(30 * number))


def ask(client: httpx2.Client, sound: bytes, **fields: Any) -> httpx2.Response:
    return client.post(ADDRESS, data={"model": "whisper-1", **fields}, files={"file": ("talk.wav", sound)})


def left_over(core: CoreEngine) -> list[Path]:
    return list(core.settings.paths.temp_dir.rglob("*"))


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("name", "media"),
    [
        ("json", "application/json"),
        ("verbose_json", "application/json"),
        ("text", "text/plain; charset=utf-8"),
        ("srt", "application/x-subrip; charset=utf-8"),
        ("vtt", "text/vtt; charset=utf-8"),
    ],
)
def test_each_format_has_its_media_type(make_core: CoreMaker, name: str, media: str) -> None:
    with serving(make_core(validator=ListeningValidator("Über den See."))) as client:
        reply = ask(client, wav_bytes(), response_format=name)
    assert (reply.status_code, reply.headers["content-type"]) == (200, media)
    assert "Über den See." in reply.text


def test_a_long_recording_is_heard_window_by_window(make_core: CoreMaker) -> None:
    listener = ListeningValidator("One and", "two and", "three.")
    core = make_core(validator=listener)
    with serving(core) as client:
        reply = ask(client, wav_bytes(minutes(7 / 6)), response_format="verbose_json", language="en").json()
    assert [language for _, language in listener.windows] == ["en"] * 3
    assert all(seconds <= 28 for seconds, _ in listener.windows)
    assert sum(seconds for seconds, _ in listener.windows) == pytest.approx(70, abs=0.01)
    assert (reply["text"], reply["duration"]) == ("One and two and three.", 70)
    [segment] = reply["segments"]
    assert segment["text"] == reply["text"] and 55 < segment["end"] < 70
    assert left_over(core) == []


def test_silence_is_an_empty_text(make_core: CoreMaker) -> None:
    listener = ListeningValidator("Ghosts.")
    with serving(make_core(validator=listener)) as client:
        sound = wav_bytes(np.zeros(3 * RATE, np.float32))
        reply = ask(client, sound, response_format="verbose_json").json()
        assert ask(client, sound, response_format="vtt").text == "WEBVTT\n"
    assert (reply["text"], reply["language"], reply["segments"], reply["duration"]) == ("", "", [], 3)
    assert listener.windows == []


def test_memory_does_not_grow_with_the_recording(make_core: CoreMaker, tmp_path: Path) -> None:
    core = make_core(validator=ListeningValidator("One."))

    def peak(length: float) -> int:
        path = encoded(minutes(length), "flac", "flac", tmp_path / f"{length}.flac")
        tracemalloc.start()
        try:
            with path.open("rb") as file:
                assert core.transcriptions.make(UploadedAudio("a", file)).seconds == pytest.approx(60 * length, abs=1)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(0.1)
    assert peak(4) < 1.2 * peak(1)


def test_progress_is_told_and_the_operation_counted(make_core: CoreMaker) -> None:
    core = make_core(validator=ListeningValidator("One."))
    told: list[Any] = []
    ended: list[tuple[str, float]] = []

    def watch(operation: Operation, event: OperationEvent) -> None:
        if isinstance(event, Ended):
            ended.append((operation.kind, operation.audio_seconds))

    core.operations.watch(watch)
    upload = UploadedAudio("talk.wav", io.BytesIO(wav_bytes(minutes(2 / 3))))
    core.transcriptions.make(upload, observer=told.append)
    heard = [event for event in told if isinstance(event, WindowHeard)]
    assert heard[-1] == WindowHeard(40, 40) and 16 < heard[0].seconds <= 28
    assert ended == [("transcription", 40)]


def test_hanging_up_stops_the_work(make_core: CoreMaker) -> None:
    listener = ListeningValidator("One.", delay=0.4)
    core = make_core(validator=listener)
    with serving(core) as client:
        request = client.build_request(
            "POST", ADDRESS, data={"model": "whisper-1"}, files={"file": wav_bytes(minutes(5))}
        )
        head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        with socket.create_connection((request.url.host, request.url.port or 80)) as caller:
            caller.sendall(f"POST {ADDRESS} HTTP/1.1\r\n{head}\r\n".encode() + request.read())
            wait_until(lambda: bool(listener.windows))
        wait_until(lambda: core.active_requests == 0)
    assert len(listener.windows) < 8
    assert left_over(core) == []


def test_a_full_house_is_429(make_core: CoreMaker) -> None:
    core = make_core(
        validator=ListeningValidator("One."), server={"max_concurrent_requests": 1, "max_waiting_requests": 0}
    )
    with serving(core) as client, core.door.enter(core.door.token(None), Work("tts", 1), lambda event: None):
        reply = ask(client, wav_bytes())
    assert (reply.status_code, reply.json()["error"]["code"]) == (429, "queue_full")
    assert int(reply.headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    ("sound", "says"),
    [
        (wav_bytes(minutes(0.2)), "longer than 0.1 minutes"),
        (b"", "no sound that can be decoded"),
        (b"RIFF" + bytes(3000), "no sound that can be decoded"),
    ],
)
def test_what_cannot_be_written_down_is_refused_in_one_sentence(make_core: CoreMaker, sound: bytes, says: str) -> None:
    core = make_core(validator=ListeningValidator("One."), api={"max_recording_minutes": 0.1})
    with serving(core) as client:
        reply = ask(client, sound)
    error = reply.json()["error"]
    assert (reply.status_code, error["param"]) == (400, "file")
    assert says in error["message"] and str(core.settings.paths.temp_dir) not in error["message"]
    assert left_over(core) == []


def test_a_file_over_the_limit_is_413(make_core: CoreMaker) -> None:
    core = make_core(validator=ListeningValidator("One."), api={"max_upload_bytes": 10_000})
    with serving(core) as client:
        assert ask(client, wav_bytes()).status_code == 413


class Missing(ListeningValidator):
    """Cannot be had."""

    def load(self, report: ProgressReport | None = None) -> None:
        raise ModelLoadError("faster-whisper is not installed; takes cannot be checked.")


def test_a_whisper_that_cannot_be_had_is_named(make_core: CoreMaker) -> None:
    with serving(make_core(validator=Missing("One."))) as client:
        reply = ask(client, wav_bytes())
    assert (reply.status_code, reply.json()["error"]["code"]) == (503, "model_load_error")
    assert "faster-whisper is not installed" in reply.json()["error"]["message"]


class Deaf(ListeningValidator):
    """Fails at the second window."""

    def transcribe(self, samples: Samples, sample_rate: int, language: str) -> Any:
        if self.windows:
            raise ModelLoadError("The model is gone.")
        return super().transcribe(samples, sample_rate, language)


def test_a_failure_midway_leaves_nothing_behind(make_core: CoreMaker) -> None:
    core = make_core(validator=Deaf("One."))
    with serving(core) as client:
        assert ask(client, wav_bytes(minutes(2 / 3))).status_code == 503
    assert left_over(core) == [] and core.active_requests == 0
