"""Fixtures that most tests share: settings in a folder of their own, a core and a client with the tone engine."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from starlette.testclient import TestClient

from config import Settings, load_settings
from core_engine import CoreEngine
from library.examiner import Examiner
from speech.engines.protocol import Engine
from speech.engines.tone import ToneEngine, ToneFaults
from speech.validation.protocol import Validator

CoreMaker = Callable[..., CoreEngine]

FOLDERS = ("output", "temp", "jobs", "models", "reference_audio", "vc_input", "logs")

pytest_plugins = ("tests.support.chatterbox",)


hypothesis.settings.load_profile("ci")  # the same examples at every run, however slow the machine


@pytest.fixture(scope="session")
def tone_settings() -> Settings:
    return load_settings(None, {"models": {"engine": "tone"}, "ui": {"enable_ui": False}})


@pytest.fixture
def settings(tone_settings: Settings, tmp_path: Path) -> Settings:
    paths = tone_settings.paths.model_copy(update={f"{name}_dir": tmp_path / name for name in FOLDERS})
    return tone_settings.model_copy(update={"paths": paths})


class SharedExaminer(Examiner):
    """Survives the core that uses it."""

    def close(self) -> None:
        pass


@pytest.fixture(scope="session")
def examiner() -> Iterator[Examiner]:
    """One process that decodes uploads for all tests."""
    shared = SharedExaminer()
    yield shared
    Examiner.close(shared)


@pytest.fixture(autouse=True)
def _shared_examiner(examiner: Examiner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.folders.Examiner", lambda: examiner)


@pytest.fixture
def make_core(settings: Settings) -> Iterator[CoreMaker]:
    """Builds cores with the tone engine and closes them afterwards; keywords change sections of the settings."""
    made: list[CoreEngine] = []

    def make(
        faults: ToneFaults | None = None,
        validator: Validator | None = None,
        max_batch: int = 1,
        engine: Engine | None = None,
        **sections: Any,
    ) -> CoreEngine:
        changed = {name: getattr(settings, name).model_copy(update=values) for name, values in sections.items()}
        speaks = engine or ToneEngine(faults, max_batch, settings.paths.reference_audio_dir)
        core = CoreEngine(settings.model_copy(update=changed), engine=speaks, validator=validator)
        made.append(core)
        return core

    yield make
    for core in made:
        core.close()


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    from main_api import create_app

    with TestClient(create_app(settings)) as client:
        yield client


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    """Whoever sets up the log of this process writes only into this test; pytest's handlers survive."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers = []
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers = handlers
    root.setLevel(level)
