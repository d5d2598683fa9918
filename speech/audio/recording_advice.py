"""What a recording's measures mean for cloning its voice, in sentences with advice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from speech.audio.recording_meter import RecordingMeasure

Verdict = Literal["good", "usable", "poor"]


@dataclass(frozen=True)
class Remark:
    """A trouble to expect.

    Attributes:
        code: for programs.
        sentence: what is wrong and what to do.
        severe: the clone will be poor.
    """

    code: str
    sentence: str
    severe: bool


@dataclass(frozen=True)
class _Rule:
    code: str
    holds: Callable[[RecordingMeasure], bool]
    sentence: str
    severe: bool = False


_RULES: Final = (
    _Rule(
        "no_speech",
        lambda it: it.speech_dbfs < -60.0,
        "Next to nothing can be heard. Record again, closer to the microphone.",
        severe=True,
    ),
    _Rule(
        "too_short",
        lambda it: it.seconds * it.speech_share < 3.0,
        "There are {speech:.1f} seconds of speech. Record 10 to 20 seconds of continuous speech.",
        severe=True,
    ),
    _Rule(
        "short",
        lambda it: 3.0 <= it.seconds * it.speech_share < 8.0,
        "There are {speech:.1f} seconds of speech; a clone gets closer with 10 to 20, and some models need over 5.",
    ),
    _Rule(
        "long",
        lambda it: it.seconds > 60.0,
        "Models listen to the first 10 to 15 seconds, at most to a minute. Put the best part first.",
    ),
    _Rule(
        "clipped",
        lambda it: it.clipped_share > 0.0005,
        "{clipped:.2%} of the recording is clipped, and the clone will crackle. Record at a lower level.",
        severe=True,
    ),
    _Rule(
        "noisy",
        lambda it: it.signal_to_noise_db < 15.0 and it.pause_tonality < 0.8,
        "Speech is only {snr:.0f} dB above the noise, which the clone will copy. Record in a quieter place.",
        severe=True,
    ),
    _Rule(
        "music",
        lambda it: it.signal_to_noise_db < 15.0 and it.pause_tonality >= 0.8,
        "Something sounds on where speech pauses, only {snr:.0f} dB below it: music, hum or another voice, unless "
        "speech never pauses. Take a recording of the voice alone.",
    ),
    _Rule(
        "some_noise",
        lambda it: 15.0 <= it.signal_to_noise_db < 25.0,
        "Some noise or echo can be heard, {snr:.0f} dB below speech. A quieter room gives a cleaner clone.",
    ),
    _Rule(
        "quiet",
        lambda it: -60.0 <= it.speech_dbfs < -38.0,
        "The recording is very quiet ({level:.0f} dBFS). Record closer to the microphone.",
    ),
    _Rule(
        "dull",
        lambda it: 0.0 < it.bandwidth_hz < 5_000.0,
        "There is no sound above {bandwidth:.0f} Hz, as on a telephone; the clone will sound dull.",
    ),
    _Rule(
        "silence",
        lambda it: max(it.leading_silence, it.trailing_silence) > 1.0 or it.speech_share < 0.4,
        "Much of the recording is silence. Cut silence off both ends.",
    ),
)


def remarks(measure: RecordingMeasure) -> tuple[Remark, ...]:
    """The troubles to expect of a recording, in the order in which they matter."""
    facts = {
        "speech": measure.seconds * measure.speech_share,
        "clipped": measure.clipped_share,
        "snr": measure.signal_to_noise_db,
        "level": measure.speech_dbfs,
        "bandwidth": measure.bandwidth_hz,
    }
    return tuple(
        Remark(rule.code, rule.sentence.format(**facts), rule.severe) for rule in _RULES if rule.holds(measure)
    )


def verdict(found: tuple[Remark, ...]) -> Verdict:
    """What kind of clone to expect."""
    if any(remark.severe for remark in found):
        return "poor"
    return "usable" if found else "good"
