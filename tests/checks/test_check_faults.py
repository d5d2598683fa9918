"""Engines that fail: every caller gets an answer with a code, and the next one is served."""

import importlib.util
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.testclient import TestClient

from api_models import TTSRequest
from config import Settings
from core_engine import CoreEngine
from exceptions import ConflictError, DeviceLostError, GenerationError, ResourceNotFoundError
from main_api import create_app
from speech.cancel import CancelToken
from speech.engines.protocol import TakeRequest
from speech.engines.tone import ToneFaults
from speech.lane import Lane
from tests.conftest import CoreMaker
from tests.support.faults import FaultEngine
from tests.support.validators import scores

pytestmark = pytest.mark.checks

ONCE = {"num_candidates_per_chunk": 1, "max_attempts_per_candidate": 1}


def take(number: int = 0) -> TakeRequest:
    return TakeRequest(f"take {number}", "tone-a", "en-US", 1)


def wait_until(condition: object) -> None:
    assert callable(condition)
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.mark.parametrize("kind", ["raise", "nan", "silence", "empty"])
def test_check_33_a_spoilt_take_is_made_again_and_a_spoilt_chunk_is_502(make_core: CoreMaker, kind: str) -> None:
    core = make_core(ToneFaults(kind, takes=2))
    assert core.tts(TTSRequest(text="Hello there.")).quality.chunks[0].takes == 3
    core = make_core(ToneFaults(kind, takes=3))
    with TestClient(create_app(core.settings, core)) as client:
        body = {"text": "Hello there.", "num_candidates_per_chunk": 3, "max_attempts_per_candidate": 1}
        reply = client.post("/api/v1/tts", json=body)
        assert reply.status_code == 502 and reply.json()["error_code"] == "GENERATION_ERROR"
        assert client.post("/api/v1/tts", json=body).status_code == 200


def test_check_33_a_take_that_is_far_too_long_is_rejected_by_its_score(make_core: CoreMaker) -> None:
    core = make_core(ToneFaults("tail", takes=1), validator=scores(0.1, 0.9))
    assert core.tts(TTSRequest(text="Hello there.")).quality.chunks[0].takes == 2


def test_check_33_an_engine_that_hangs_is_stopped_and_the_next_request_works(settings: Settings) -> None:
    engine = FaultEngine("hang")
    changed = settings.model_copy(update={"models": settings.models.model_copy(update={"call_timeout_seconds": 0.2})})
    core = CoreEngine(changed, engine=engine)
    try:
        with pytest.raises(GenerationError) as caught:
            core.tts(TTSRequest(text="Hello there.", **ONCE))
        assert "0.2 s" in str(caught.value.detail)
        assert core.tts(TTSRequest(text="Hello there.")).audio_seconds > 0
        assert core.lane.lost == ""
    finally:
        core.close()


def test_check_33_an_engine_that_never_comes_back_fails_all_and_loses_the_lane() -> None:
    engine = FaultEngine("hang for good")
    lane = Lane(engine, call_seconds=0.2)
    stuck = lane.submit(take(), CancelToken())
    wait_until(lambda: engine.batches)
    waiting = lane.submit(take(1), CancelToken())
    for future in (stuck, waiting):
        with pytest.raises(DeviceLostError):
            future.result(5)
    assert lane.lost
    with pytest.raises(DeviceLostError):
        lane.submit(take(2), CancelToken())
    engine.released.set()
    lane.close()


def test_check_33_repeated_faults_reload_the_engine(make_core: CoreMaker) -> None:
    engine = FaultEngine("bug", "bug")
    lane = Lane(engine)
    for number in range(2):
        with pytest.raises(GenerationError):
            lane.submit(take(number), CancelToken()).result(5)
    lane.submit(take(), CancelToken()).result(5)
    assert engine.unloads == 1 and engine.loads == 2
    lane.close()


def test_check_34_out_of_memory_frees_it_and_tries_once_more_with_less() -> None:
    engine = FaultEngine("", "memory", max_batch=4)
    lane = Lane(engine)
    token = CancelToken()
    futures = [lane.submit(take(number), token) for number in range(5)]
    assert all(len(future.result(5).samples) for future in futures)
    assert max(engine.batches) > 1 and engine.unloads >= 1
    tail = engine.batches[engine.batches.index(max(engine.batches)) + 1 :]
    assert set(tail) == {1}
    lane.close()


def test_check_34_too_little_memory_for_one_is_503(settings: Settings) -> None:
    core = CoreEngine(settings, engine=FaultEngine("memory", "memory"))
    with TestClient(create_app(settings, core)) as client:
        reply = client.post("/api/v1/tts", json={"text": "Hello there."})
        assert reply.status_code == 503 and int(reply.headers["Retry-After"]) >= 1
        assert client.post("/api/v1/tts", json={"text": "Hello there."}).status_code == 200


def test_check_34_a_lost_device_makes_the_service_unready_for_good(settings: Settings) -> None:
    core = CoreEngine(settings, engine=FaultEngine("lost"))
    with TestClient(create_app(settings, core)) as client:
        core.wait_ready(5)
        assert client.post("/api/v1/tts", json={"text": "Hello there."}).status_code == 503
        ready = client.get("/api/v1/health/ready")
        assert ready.status_code == 503 and "does not answer" in ready.json()["reason"]
        assert client.post("/api/v1/tts", json={"text": "Hello there."}).status_code == 503
        assert client.get("/api/v1/health/live").status_code == 200
    assert core.lane.lost


def test_check_35_missing_model_files_leave_the_service_alive_and_not_ready(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)  # no package has a model
    models = settings.models.model_copy(update={"engine": "embedded", "allow_hub": False})
    validation = settings.validation.model_copy(update={"enabled": False})
    app = create_app(settings.model_copy(update={"models": models, "validation": validation}))
    with TestClient(app) as client:
        assert app.state.core.wait_ready(10).state == "failed"
        ready = client.get("/api/v1/health/ready")
        assert ready.status_code == 503 and ready.json()["state"] == "failed"
        assert "is not on this machine" in ready.json()["reason"]
        reply = client.post("/api/v1/tts", json={"text": "Hello there."})
        assert reply.status_code == 503 and reply.json()["error_code"] == "MODEL_LOAD_ERROR"
        assert client.get("/api/v1/health/live").status_code == 200


def test_models_are_loaded_and_unloaded_by_hand(settings: Settings) -> None:
    engine, validator = FaultEngine(), scores(0.9)
    core = CoreEngine(settings, engine=engine, validator=validator)
    with TestClient(create_app(settings, core)) as client:
        core.wait_ready(5)
        for name in ("tts", "whisper"):
            assert client.post(f"/api/v1/models/{name}/unload").json() == {"name": name, "loaded": False}
        assert client.get("/api/v1/health").json()["models_loaded"].items() >= {"tts": False, "whisper": False}.items()
        assert client.get("/api/v1/health/ready").status_code == 200
        assert client.post("/api/v1/models/tts/load").json() == {"name": "tts", "loaded": True}
        assert client.post("/api/v1/models/tts/load").status_code == 200
        assert engine.loads == 2
        assert client.post("/api/v1/tts", json={"text": "Hello there."}).status_code == 200
        assert client.get("/api/v1/health").json()["models_loaded"].items() >= {"tts": True, "whisper": True}.items()
        assert client.post("/api/v1/models/other/load").status_code == 404


def test_a_model_that_speaks_is_not_unloaded(settings: Settings) -> None:
    engine = FaultEngine("hang")
    core = CoreEngine(settings, engine=engine)
    with ThreadPoolExecutor(2) as pool:
        spoken = pool.submit(core.tts, TTSRequest(text="One more sentence of a book. " * 6))
        wait_until(lambda: engine.batches)
        unload = pool.submit(core.models.unload, "tts")
        wait_until(lambda: core.lane._orders)
        engine.released.set()
        assert spoken.result(5).audio_seconds > 0
        with pytest.raises(ConflictError):
            unload.result(5)
    with pytest.raises(ResourceNotFoundError):
        core.models.unload("whisper")
    core.close()
