import json
from collections.abc import Iterator

import numpy as np
import pytest

from exceptions import InvalidRequestError
from speech.audio.loudness import LoudnessPlan, LoudnessTarget, apply_loudness, plan_loudness
from speech.audio.loudness_meter import measure
from speech.samples import Samples
from tests.speech.audio.meters import ffmpeg_loudness, pyloudnorm_loudness
from tests.speech.audio.sounds import RATE, noise, pieces, silence, tone, vowel

CLIPS = {
    "voice": vowel(5.0, 120.0),
    "half a second": vowel(0.5, 200.0),
    "quiet": vowel(4.0, 110.0, 0.001),
    "near the gate": vowel(4.0, 110.0, 0.0003) * np.linspace(0.3, 1.7, 4 * RATE, dtype=np.float32),
    "clipped": np.clip(6 * vowel(4.0, 110.0), -1, 1).astype(np.float32),
    "pauses": pieces(vowel(3.0, 110.0), silence(3.0), vowel(2.0, 180.0, 0.1)),
    "peaky": pieces(vowel(4.0, 110.0, 0.03), tone(0.05, 0.9), vowel(4.0, 110.0, 0.03)),
    "noise": noise(3.0),
    "tone": tone(3.0, 0.1),
}
TARGETS = (LoudnessTarget(), LoudnessTarget(integrated=-16.0, true_peak=-3.0), LoudnessTarget(integrated=-35.0))


def processed(samples: Samples, target: LoudnessTarget, size: int = 9000) -> tuple[Samples, LoudnessPlan]:
    def play() -> Iterator[Samples]:
        return (samples[start : start + size] for start in range(0, len(samples), size))

    plan = plan_loudness(play, RATE, target)
    return pieces(silence(0), *apply_loudness(play(), RATE, plan)), plan


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", CLIPS)
def test_lands_on_the_target_by_other_meters(name: str, target: LoudnessTarget) -> None:
    result, plan = processed(CLIPS[name], target)
    assert len(result) == len(CLIPS[name])
    assert plan.report.outcome == "reached"
    integrated, peak, _ = ffmpeg_loudness(result, RATE)
    assert integrated == pytest.approx(target.integrated, abs=0.5)
    assert pyloudnorm_loudness(result, RATE) == pytest.approx(target.integrated, abs=0.5)
    assert peak <= target.true_peak


@pytest.mark.parametrize("name", CLIPS)
def test_report_says_what_the_result_measures(name: str) -> None:
    result, plan = processed(CLIPS[name], TARGETS[1])
    read = measure([result], RATE)
    assert plan.report.before == measure([CLIPS[name]], RATE)
    assert plan.report.after.integrated == pytest.approx(read.integrated, abs=0.01)
    assert plan.report.after.true_peak == pytest.approx(read.true_peak, abs=0.01)
    assert plan.report.after.range_lu == pytest.approx(read.range_lu, abs=0.02)


def test_within_the_range_only_an_even_gain_is_used() -> None:
    result, plan = processed(CLIPS["voice"], LoudnessTarget())
    assert plan.rider is None and plan.ceiling_db is None and plan.report.limited_db == 0.0
    assert np.allclose(result, CLIPS["voice"] * 10 ** (plan.gain_db / 20))


def test_peaks_are_limited_and_reported() -> None:
    _, plan = processed(CLIPS["peaky"], LoudnessTarget(integrated=-20.0))
    assert plan.report.limited_db > 1.0


def test_a_wide_range_is_reduced() -> None:
    sound = pieces(*(vowel(9.0, 110.0, level) for level in (0.02, 0.2, 0.05)))
    result, plan = processed(sound, LoudnessTarget(range_lu=7.0))
    assert plan.report.before.range_lu > 15
    assert plan.report.after.range_lu < 9
    assert plan.report.evened_lu == pytest.approx(plan.report.before.range_lu - plan.report.after.range_lu, abs=0.5)
    assert ffmpeg_loudness(result, RATE)[0] == pytest.approx(-24.0, abs=0.5)


@pytest.mark.parametrize("ceiling", [-9.0, -2.0, 0.0])
@pytest.mark.parametrize("name", CLIPS)
def test_peak_method_brings_the_peak_to_its_ceiling(name: str, ceiling: float) -> None:
    result, plan = processed(CLIPS[name], LoudnessTarget("peak", true_peak=ceiling))
    assert ffmpeg_loudness(result, RATE)[1] == pytest.approx(ceiling - 0.1, abs=0.1)
    assert plan.ceiling_db is None and plan.rider is None


@pytest.mark.parametrize("method", ["ebu", "peak"])
@pytest.mark.parametrize("sound", [silence(2.0), silence(0.0)])
def test_silence_is_left_alone(sound: Samples, method: str) -> None:
    result, plan = processed(sound, LoudnessTarget(method))
    assert np.array_equal(result, sound)
    assert plan.report.outcome == "silent"


def test_the_report_is_json_also_for_silence() -> None:
    _, plan = processed(silence(1.0), LoudnessTarget())
    assert json.loads(json.dumps(plan.report.as_dict(), allow_nan=False))["before"]["integrated"] is None
    _, plan = processed(CLIPS["voice"], LoudnessTarget())
    assert plan.report.as_dict()["after"] == {
        "integrated": -24.0,
        "true_peak": pytest.approx(-12, abs=6),
        "range_lu": pytest.approx(0, abs=0.1),
    }


def test_speech_comes_up_past_a_bang_that_holds_the_loudness() -> None:
    banged = vowel(6.0, 110.0, 0.01)
    banged[RATE : RATE + RATE // 20] += tone(0.05, 0.8, 90.0)
    result, plan = processed(banged, LoudnessTarget(integrated=-16.0, true_peak=-1.5))
    assert plan.report.limited_db > 10
    assert ffmpeg_loudness(result, RATE)[0] == pytest.approx(-16.0, abs=0.5)
    assert ffmpeg_loudness(result, RATE)[1] <= -1.5


def test_what_would_be_squashed_is_left_alone() -> None:
    result, plan = processed(CLIPS["peaky"], LoudnessTarget(integrated=-5.0, true_peak=-9.0))
    assert plan.report.outcome == "out_of_reach"
    assert plan.report.after == plan.report.before
    assert np.array_equal(result, CLIPS["peaky"])


def test_sounds_shorter_than_a_block_are_brought_there_too() -> None:
    result, _ = processed(vowel(0.2, 110.0), LoudnessTarget())
    assert measure([result], RATE).integrated == pytest.approx(-24.0, abs=0.1)


@pytest.mark.parametrize(
    "values",
    [
        {"method": "rms"},
        {"integrated": -70.1},
        {"integrated": -4.9},
        {"true_peak": 0.1},
        {"true_peak": -9.1},
        {"range_lu": 0.9},
        {"range_lu": 50.1},
        {"integrated": float("nan")},
    ],
)
def test_values_out_of_range_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(InvalidRequestError):
        LoudnessTarget(**values)  # type: ignore[arg-type]
