"""The address that looks for the engine's inaudible mark: what it finds, and what it refuses."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import soundfile
from starlette.testclient import TestClient

from config import Settings
from core_engine import CoreEngine
from main_api import create_app
from speech.engines.tone import ToneEngine
from speech.samples import Samples

DETECT = "/api/v1/watermark/detect"
RATE = 24_000


class MarkingTone(ToneEngine):
    """Takes the sign of the mean for a mark; remembers how much it was given at once."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[int] = []

    def mark_confidence(self, samples: Samples, sample_rate: int) -> float:
        assert sample_rate == RATE
        self.heard.append(len(samples))
        return float(samples.mean() > 0.01)


@pytest.fixture
def engine() -> MarkingTone:
    return MarkingTone()


@pytest.fixture
def marking(settings: Settings, engine: MarkingTone) -> Iterator[TestClient]:
    with TestClient(create_app(settings, CoreEngine(settings, engine=engine))) as client:
        yield client


def ask(client: TestClient, *levels: float, seconds: float = 10.0) -> Any:
    """Answer to a recording of constant stretches."""
    buffer = io.BytesIO()
    soundfile.write(buffer, np.repeat(np.float32(levels), int(seconds * RATE)), RATE, format="WAV", subtype="FLOAT")
    return client.post(DETECT, files={"file": ("speech.wav", buffer.getvalue(), "audio/wav")})


def test_tells_how_much_carries_the_mark(marking: TestClient, engine: MarkingTone) -> None:
    reply = ask(marking, 0.0, 0.5, 0.0)
    assert reply.status_code == 200
    assert reply.json() == {
        "watermarked": True,
        "confidence": 1.0,
        "marked_seconds": 10.0,
        "audio_seconds": 30.0,
        "engine": "tone",
    }
    assert engine.heard == [10 * RATE] * 3


def test_tells_that_there_is_none(marking: TestClient) -> None:
    body = ask(marking, 0.0, seconds=2.0).json()
    assert (body["watermarked"], body["marked_seconds"], body["audio_seconds"]) == (False, 0.0, 2.0)


def test_a_short_rest_is_judged_with_its_neighbour(marking: TestClient, engine: MarkingTone) -> None:
    assert ask(marking, 0.0, seconds=20.5).json()["audio_seconds"] == 20.5
    assert engine.heard == [10 * RATE, int(10.5 * RATE)]


def test_an_engine_without_a_mark_says_so(client: TestClient) -> None:
    reply = ask(client, 0.0, seconds=1.0)
    assert (reply.status_code, reply.json()["error_code"]) == (422, "VALIDATION_ERROR")
    assert "makes no watermark" in reply.json()["error"]


def test_what_is_no_audio_or_too_long_is_refused(
    marking: TestClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = marking.post(DETECT, files={"file": ("speech.wav", b"no audio", "audio/wav")})
    assert (reply.status_code, reply.json()["detail"][0]["field"]) == (422, "file")
    monkeypatch.setattr(settings.api, "max_recording_minutes", 0.1)  # this section is every test's
    reply = ask(marking, 0.0, seconds=12.0)
    assert reply.status_code == 422 and "longer than the 0.1 minutes" in reply.json()["error"]
    assert marking.post(DETECT).status_code == 422
