"""The engine over replicas, with threads in the place of a cluster."""

import socket
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from cluster.engine import on_cluster
from cluster.replicas import Replicas
from config import load_settings
from core.engine_choice import build_engine, engine_recipe
from exceptions import ConfigurationError, GenerationError, ModelLoadError, NotReadyError
from speech.cancel import CancelToken
from speech.engines.abilities import ConversionRequest, ConvertingEngine, MatchingEngine
from speech.engines.protocol import CloningEngine, StepwiseEngine, TakeRequest
from speech.engines.tone import ToneEngine
from speech.lane import Lane
from tests.conftest import CoreMaker

TEXT = " ".join(f"This is sentence number {number} of the text." for number in range(12))


class LocalReplicas:
    """Two tone engines in threads, called as a cluster's replicas are."""

    def __init__(self, identity: tuple[str, str, str] = ("tone", "tone", "1")) -> None:
        self.engine = ToneEngine()
        self.connected = False
        self.identity = identity
        self.voices: list[str] = []
        self.fault: Exception | None = None
        self._pool = ThreadPoolExecutor(2)

    def connect(self) -> None:
        self.connected = True

    def disconnect(self) -> None:
        self.connected = False

    def call(self, method: str, argument: Any = None, voice: str = "") -> Future[Any]:
        self.voices.append(voice)
        answers: dict[str, Callable[[], Any]] = {
            "identity": lambda: self.identity,
            "speak": lambda: self._speak(argument),
            "convert": lambda: self.engine.convert(argument, CancelToken()),
            "prepare_voice": lambda: self.engine.prepare_voice(argument),
        }
        return self._pool.submit(answers[method])

    def _speak(self, request: TakeRequest) -> Any:
        if self.fault:
            raise self.fault
        samples = self.engine.generate([request], CancelToken())[0]
        samples.flags.writeable = False  # as Ray's are
        return samples


@pytest.fixture
def replicas() -> LocalReplicas:
    return LocalReplicas()


@pytest.fixture
def lane(replicas: LocalReplicas) -> Iterator[Lane]:
    lane = Lane(on_cluster(ToneEngine(), replicas, 2))  # type: ignore[arg-type]
    yield lane
    lane.close()


def take(text: str, voice: str = "tone-a") -> TakeRequest:
    return TakeRequest(text, voice, "en-US", 7)


def test_it_is_the_engine_it_wraps_with_room_for_all_replicas() -> None:
    engine = on_cluster(ToneEngine(max_batch=4), LocalReplicas(), 3)  # type: ignore[arg-type]
    own = ToneEngine().capabilities
    assert (engine.capabilities.engine, engine.capabilities.version) == (own.engine, own.version)
    assert engine.capabilities.max_batch == 12
    assert engine.voices == ToneEngine().voices
    assert isinstance(engine, StepwiseEngine)


def test_it_has_the_abilities_of_the_engine_and_no_others() -> None:
    engine = on_cluster(ToneEngine(), LocalReplicas(), 1)  # type: ignore[arg-type]
    assert isinstance(engine, CloningEngine)
    assert isinstance(engine, ConvertingEngine)
    assert not isinstance(engine, MatchingEngine)
    assert engine.longest_conversion == ToneEngine.longest_conversion


def test_a_text_sounds_as_it_does_on_the_local_lane(make_core: CoreMaker, replicas: LocalReplicas) -> None:
    from api_models import TTSRequest

    request = TTSRequest(text=TEXT, seed=5, export_formats=["wav"])
    remote = make_core(engine=on_cluster(ToneEngine(), replicas, 2))  # type: ignore[arg-type]
    local = make_core()
    files = [core.tts(request).files[0].path.read_bytes() for core in (remote, local)]
    assert files[0] == files[1]


def test_chunks_prefer_the_replicas_that_know_the_voice(lane: Lane, replicas: LocalReplicas) -> None:
    lane.submit(take("one", "tone-b"), CancelToken()).result(5)
    assert replicas.voices[-1] == "tone-b"


def test_what_comes_back_may_be_written_to(lane: Lane) -> None:
    assert lane.submit(take("one"), CancelToken()).result(5).samples.flags.writeable


@pytest.mark.parametrize("fault", [GenerationError("It came out wrong."), NotReadyError("The replicas are gone.")])
def test_a_fault_reaches_the_caller_of_its_chunk(lane: Lane, replicas: LocalReplicas, fault: Exception) -> None:
    replicas.fault = fault
    with pytest.raises(type(fault)):
        lane.submit(take("one"), CancelToken()).result(5)
    replicas.fault = None
    assert len(lane.submit(take("two"), CancelToken()).result(5).samples)


def test_another_engine_on_the_cluster_is_refused() -> None:
    lane = Lane(on_cluster(ToneEngine(), LocalReplicas(("chatterbox", "english", "9")), 1))  # type: ignore[arg-type]
    with pytest.raises(ModelLoadError, match="chatterbox english 9"):
        lane.load().result(5)
    lane.close()


def test_conversion_and_preparation_are_done_by_replicas(replicas: LocalReplicas) -> None:
    engine = on_cluster(ToneEngine(), replicas, 1)  # type: ignore[arg-type]
    assert isinstance(engine, ConvertingEngine)
    assert isinstance(engine, CloningEngine)
    engine.prepare_voice("she.wav")
    assert replicas.engine.prepared == []
    request = ConversionRequest(np.ones(2400, np.float32), engine.voices[0], 1)
    assert len(engine.convert(request, CancelToken())) == 2400
    engine.prepare_voice("she.wav")
    assert replicas.engine.prepared == ["she.wav"]


def test_without_ray_the_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ModelLoadError, match="setup --with cluster"):
        Replicas("127.0.0.1:1", 10.0).connect()


def test_without_a_head_the_sentence_says_how_to_start_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setitem(sys.modules, "ray", ModuleType("ray"))
    monkeypatch.setitem(sys.modules, "ray.serve", ModuleType("ray.serve"))
    sys.modules["ray"].serve = sys.modules["ray.serve"]  # type: ignore[attr-defined]
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, but nobody listens
        head = f"127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(ModelLoadError, match="start one"):
            Replicas(head, 10.0).connect()


def test_the_settings_choose_it(tmp_path: Path) -> None:
    overrides = {"models": {"engine": "tone"}, "cluster": {"enabled": True, "min_replicas": 2, "max_replicas": 3}}
    settings = load_settings(None, overrides)
    chosen = build_engine(settings)
    assert chosen.engine.capabilities.max_batch == 12
    assert "replicas" in chosen.reason
    assert engine_recipe(settings).name == "tone"


def test_more_replicas_at_least_than_at_most_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="max_replicas"):
        load_settings(None, {"cluster": {"min_replicas": 2}})
