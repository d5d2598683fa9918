"""The steps on real speech of the embedded engine."""

from pathlib import Path

import numpy as np
import pytest

from speech.audio.denoise import available, denoise
from speech.audio.loudness import LoudnessTarget, apply_loudness, plan_loudness
from speech.audio.stretch import stretch
from speech.cancel import CancelToken
from speech.engines.embedded.engine import EmbeddedEngine
from speech.engines.protocol import TakeRequest
from speech.samples import Samples
from speech.weights import WeightStore
from tests.speech.audio.meters import ffmpeg_loudness, pyloudnorm_loudness
from tests.speech.audio.pitch import pitch_change
from tests.speech.audio.sounds import RATE, noise, pieces, silence, step

pytestmark = pytest.mark.truth


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Samples]:
    cache: Path = tmp_path_factory.mktemp("models")
    engine = EmbeddedEngine(WeightStore(cache, allow_hub=False), cache, "packaged")
    engine.load()
    text = "The museum closes early on rainy days, but the garden stays open."
    return {
        voice: engine.generate([TakeRequest(text, voice, "en-US", 0)], CancelToken())[0]
        for voice in ("af_heart", "am_michael")
    }


@pytest.mark.parametrize("factor", [0.5, 0.75, 0.9, 1.1, 1.25, 1.5, 2.0])
def test_speed_keeps_the_pitch(speech: dict[str, Samples], factor: float) -> None:
    for samples in speech.values():
        result, _ = stretch(samples, RATE, factor)
        assert len(result) == round(len(samples) / factor)
        assert pitch_change(samples, result, RATE, factor) == pytest.approx(1.0, abs=0.01)
        assert step(result) <= 1.1 * step(samples)


@pytest.mark.skipif(not available(), reason="RNNoise has no build for this machine")
def test_noise_is_lowered_and_speech_is_not(speech: dict[str, Samples]) -> None:
    for samples in speech.values():
        spoken = pieces(samples, silence(0.5))
        loudness = np.sqrt(np.mean(spoken**2))
        noisy = spoken + noise(len(spoken) / RATE, loudness * 10 ** (-10 / 20))[: len(spoken)]
        pause = slice(len(samples) + RATE // 10, len(spoken))
        left = np.sqrt(np.mean(denoise(noisy, RATE)[pause] ** 2)) / np.sqrt(np.mean(noisy[pause] ** 2))
        assert left < 10 ** (-10 / 20)
        assert abs(20 * np.log10(np.sqrt(np.mean(denoise(spoken, RATE) ** 2)) / loudness)) < 1


@pytest.mark.parametrize("target", [LoudnessTarget(), LoudnessTarget(integrated=-16.0, true_peak=-1.5)])
def test_loudness_lands(speech: dict[str, Samples], target: LoudnessTarget) -> None:
    for samples in speech.values():
        plan = plan_loudness(lambda samples=samples: iter([samples]), RATE, target)  # type: ignore[misc]
        result = pieces(*apply_loudness([samples], RATE, plan))
        integrated, peak, _ = ffmpeg_loudness(result, RATE)
        assert integrated == pytest.approx(target.integrated, abs=0.5)
        assert pyloudnorm_loudness(result, RATE) == pytest.approx(target.integrated, abs=0.5)
        assert peak <= target.true_peak
