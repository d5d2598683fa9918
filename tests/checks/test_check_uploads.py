"""Untrusted audio: too long, lying, damaged, and in disguise."""

import os
import random
import struct
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import soundfile
from starlette.testclient import TestClient

from config import Settings
from exceptions import CancelledError, InvalidRequestError
from library.examiner import Examiner
from speech.cancel import CancelToken
from tests.support.recordings import encoded, speechlike, wav_bytes

pytestmark = pytest.mark.checks

VOICE, VC_INPUT = "/api/v1/voice", "/api/v1/vc_input"
FIELDS = {VOICE: "voice_file", VC_INPUT: "vc_input_file"}
RATE = 8_000
KINDS = [("wav", "pcm_s16le"), ("mp3", "libmp3lame"), ("ogg", "libopus"), ("ipod", "aac"), ("flac", "flac"),
         ("webm", "libopus")]  # fmt: skip


def upload(client: TestClient, route: str, content: bytes, name: str = "x.wav") -> Any:
    return client.post(route, files={FIELDS[route]: (name, content, "audio/wav")})


def silent_flac(path: Path, hours: float) -> bytes:
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16", format="FLAC") as target:
        minute = np.zeros(RATE * 60, np.int16)
        for _ in range(round(hours * 60)):
            target.write(minute)
    return path.read_bytes()


def stating(flac: bytes, samples: int) -> bytes:
    """The same file with another length in its header, a number of 36 bits."""
    changed = bytearray(flac)
    changed[21] = (changed[21] & 0xF0) | (samples >> 32)
    changed[22:26] = struct.pack(">I", samples & 0xFFFFFFFF)
    return bytes(changed)


@pytest.fixture(scope="module")
def twelve_hours(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    one = silent_flac(tmp_path_factory.mktemp("flac") / "x.flac", 1.0)
    return stating(one, 12 * 3600 * RATE)


@pytest.mark.parametrize("route", [VOICE, VC_INPUT])
def test_check_17_twelve_hour_flac(client: TestClient, settings: Settings, route: str, twelve_hours: bytes) -> None:
    assert len(twelve_hours) < 4_000_000
    upload(client, route, wav_bytes(), "first.wav")  # starts the process that decodes
    before = psutil.Process().memory_info().rss
    started = time.perf_counter()
    reply = upload(client, route, twelve_hours)
    seconds = time.perf_counter() - started
    assert reply.status_code == 422 and "longer than" in reply.json()["error"]
    assert seconds < 0.5
    assert psutil.Process().memory_info().rss - before < 20_000_000
    assert list(settings.paths.temp_dir.rglob("*")) == []


def test_check_18_more_frames_than_the_header_says(client: TestClient, tmp_path: Path) -> None:
    content = stating(silent_flac(tmp_path / "x.flac", 1.0), RATE)
    reply = upload(client, VOICE, content)
    assert reply.status_code == 422 and "longer than 10 minutes" in reply.json()["error"]


@pytest.mark.parametrize(
    ("channels", "rate"), [(65_535, 24_000), (1, 1), (1, 10_000_000), (0, 24_000), (1, 0), (1, 2**32 - 1)]
)
def test_check_18_headers_of_no_recording(client: TestClient, channels: int, rate: int) -> None:
    content = bytearray(wav_bytes())
    content[22:28] = struct.pack("<HI", channels, rate)
    assert upload(client, VOICE, bytes(content)).status_code == 422


def examined(examiner: Examiner, path: Path) -> tuple[bool, float]:
    """Whether a file is taken, and the seconds until that was known."""
    started = time.perf_counter()
    try:
        examiner.examine(path, 60.0, "voice_file")
    except InvalidRequestError:
        return False, time.perf_counter() - started
    return True, time.perf_counter() - started


def test_check_19_damaged_files(
    client: TestClient, settings: Settings, examiner: Examiner, tmp_path: Path, record_property: Any
) -> None:
    dice = random.Random(19)
    sound = speechlike(0.5)
    originals = [encoded(sound, kind, codec, tmp_path / f"x.{kind}").read_bytes() for kind, codec in KINDS]
    refused, slowest = 0, 0.0
    for number in range(500):
        damaged = bytearray(originals[number % len(originals)])
        for _ in range(dice.choice((1, 4, 30))):
            # Mostly in the header, where it hurts.
            place = dice.randrange(min(len(damaged), dice.choice((64, len(damaged)))))
            damaged[place] = dice.choice((0, 255, dice.randrange(256)))
        if dice.random() < 0.2:
            del damaged[dice.randrange(len(damaged)) :]
        if number % 20 == 0:
            reply = upload(client, VOICE, bytes(damaged), f"x{number}.wav")
            assert reply.status_code in (200, 422), reply.text
        (tmp_path / "damaged").write_bytes(damaged)
        taken, seconds = examined(examiner, tmp_path / "damaged")
        if seconds > 2.0:
            # A busy machine delays once, a hang would hang again.
            seconds = examined(examiner, tmp_path / "damaged")[1]
        refused += not taken
        slowest = max(slowest, seconds)
    record_property("refused", refused)
    assert slowest < 2.0
    assert 100 < refused < 500


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_check_19_a_file_that_hangs_the_decoder_costs_its_process_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("library.examiner._LEAST_SECONDS", 1.0)
    os.mkfifo(tmp_path / "endless.wav")
    (tmp_path / "sound.wav").write_bytes(wav_bytes())
    examiner = Examiner()
    try:
        for _ in range(2):
            with pytest.raises(InvalidRequestError):
                examiner.examine(tmp_path / "endless.wav", 1.0, "voice_file")
            assert examiner.examine(tmp_path / "sound.wav", 60.0, "voice_file").seconds == 1.0
        children = psutil.Process().children()
        examiner._idle._process.kill()  # type: ignore[union-attr]
        assert examiner.examine(tmp_path / "sound.wav", 60.0, "voice_file").seconds == 1.0
    finally:
        examiner.close()
    assert len(children) <= 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_check_19_a_caller_who_is_gone_ends_the_decoding(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "endless.wav")
    (tmp_path / "sound.wav").write_bytes(wav_bytes())
    examiner, caller = Examiner(), CancelToken()
    threading.Timer(0.5, caller.cancel).start()
    try:
        with pytest.raises(CancelledError):
            examiner.examine(tmp_path / "endless.wav", 86_400.0, "voice_file", caller)
        assert examiner.examine(tmp_path / "sound.wav", 60.0, "voice_file").seconds == 1.0
    finally:
        examiner.close()


def with_id3(mp3: bytes, text: bytes) -> bytes:
    size = len(text)
    digits = bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + digits + text + mp3


def test_check_20_a_page_inside_a_recording_is_served_as_sound(
    client: TestClient, settings: Settings, tmp_path: Path
) -> None:
    mp3 = encoded(speechlike(1.0), "mp3", "libmp3lame", tmp_path / "x.mp3").read_bytes()
    page = b"<html><script>alert(1)</script></html>".ljust(200)
    reply = upload(client, VOICE, with_id3(mp3, page), "page.html")
    assert reply.status_code == 200, reply.text
    assert reply.json()["filename"] == "page.html.mp3"
    served = client.get(reply.json()["voice_metadata"]["audio_url"])
    assert served.headers["content-type"] == "audio/mpeg"
    assert served.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "content",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"<html><script>alert(1)</script></html>",
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"RIFF\x00\x00\x00\x00WAVE",
        b"MZ\x90\x00" + b"\x00" * 500,
        b"PK\x03\x04" + b"\x00" * 500,
        b"x",
        b"",
    ],
)
@pytest.mark.parametrize("name", ["x.wav", "x.m3u8"])
def test_check_20_what_is_no_recording_is_refused(
    client: TestClient, settings: Settings, content: bytes, name: str
) -> None:
    assert upload(client, VOICE, content, name).status_code == 422
    assert not any(settings.paths.reference_audio_dir.rglob("*.*"))


def test_check_20_the_ending_follows_the_content(client: TestClient, tmp_path: Path) -> None:
    for kind, codec, ending in (
        ("mp3", "libmp3lame", "mp3"), ("ogg", "libopus", "ogg"), ("ipod", "aac", "m4a"), ("webm", "libopus", "webm"),
    ):  # fmt: skip
        content = encoded(speechlike(1.0), kind, codec, tmp_path / f"y.{kind}").read_bytes()
        assert upload(client, VOICE, content, f"{kind}.wav").json()["filename"] == f"{kind}.{ending}"
