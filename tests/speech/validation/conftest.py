"""Real speech for the validation tests: a few sentences of the embedded engine, and Whisper base."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from speech.cancel import CancelToken
from speech.engines.protocol import TakeRequest
from speech.samples import Samples
from speech.validation import create_validator
from speech.validation.protocol import Expected
from speech.validation.validator import WhisperValidator

RATE = 24_000

SENTENCES = {
    "canoe": ("The museum closes early on rainy days.", "", "af_heart"),
    "keys": ("Where did you put the keys?", "", "am_michael"),
    "money": (
        "Dinner for four came to $86.40 with the tip.",
        "Dinner for four came to eighty-six dollars and forty cents with the tip.",
        "bf_emma",
    ),
    "time": (
        "Her flight lands at 4:20 in the afternoon.",
        "Her flight lands at four twenty in the afternoon.",
        "bm_george",
    ),
}


@dataclass(frozen=True)
class Speech:
    """A correct take."""

    samples: Samples
    expected: Expected


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def speeches(model_cache: Path) -> dict[str, Speech]:
    from speech.engines.embedded.engine import EmbeddedEngine
    from speech.weights import WeightStore

    engine = EmbeddedEngine(WeightStore(model_cache, allow_hub=False), model_cache, "packaged")
    spoken = {name: said or text for name, (text, said, _) in SENTENCES.items()}
    requests = [TakeRequest(spoken[name], voice, "en-US", 1) for name, (_, _, voice) in SENTENCES.items()]
    takes = engine.generate(requests, CancelToken())
    return {
        name: Speech(take, Expected(SENTENCES[name][0], spoken[name], "en-US"))
        for name, take in zip(SENTENCES, takes, strict=True)
    }


@pytest.fixture(scope="session")
def whisper(model_cache: Path) -> Iterator[WhisperValidator]:
    validator = create_validator(cache_dir=model_cache, allow_hub=False, threads=2)
    validator.load()
    yield validator
    validator.unload()
