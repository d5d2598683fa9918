"""Mends a kept take by its word times: what was invented before or after the text goes, dead air is shortened."""

from __future__ import annotations

from dataclasses import dataclass

from speech.audio import edges
from speech.audio.dead_air import shorten_pauses
from speech.audio.timeline import TimeMap
from speech.samples import Samples
from speech.validation.protocol import Check

MARGIN_SECONDS = 0.05
"""Kept on both sides of the speech: the release of a final plosive lasts 30 to 40 ms."""
HEAD_TOLERANCE_SECONDS = 0.3
"""Alignment places a first word up to 0.2 s late; only sound that starts earlier than this is no part of it."""
HEAD_MARGIN_SECONDS = 0.15
AUDIBLE_SECONDS = 0.08
"""Shorter sound behind the last word is its own decay and no invention."""
KEPT_PAUSE_SECONDS = 0.6
"""What dead air is shortened to: a long pause between sentences."""


@dataclass(frozen=True)
class Repaired:
    """A mended take.

    Attributes:
        samples: cut to its speech, with faded edges.
        time_map: from seconds of the take to seconds of `samples`.
        repairs: machine-readable: ``head_trimmed``, ``tail_trimmed``, ``dead_air_shortened``.
    """

    samples: Samples
    time_map: TimeMap
    repairs: tuple[str, ...]


def repair(samples: Samples, sample_rate: int, check: Check | None, longest_silence: float = 0.0) -> Repaired:
    """Cut a take to its true speech.

    With word times the end is that of the last true word, however loud the rest is; without, only silence is
    cut.

    Args:
        samples: as the engine made them.
        sample_rate: in Hz.
        check: the validator's verdict with word times, or ``None``.
        longest_silence: seconds of silence inside the speech beyond which it is shortened; 0 for never.
    """
    total = len(samples) / sample_rate
    start, end = edges.sound_bounds(samples, sample_rate)
    repairs: list[str] = []
    if check is not None and check.words:
        if check.speech_start - start > HEAD_TOLERANCE_SECONDS:
            start = check.speech_start - HEAD_MARGIN_SECONDS
            repairs.append("head_trimmed")
        if check.speech_end is not None and check.speech_end < end:
            if end - check.speech_end > AUDIBLE_SECONDS:
                repairs.append("tail_trimmed")
            end = check.speech_end
    if end <= start:
        return Repaired(edges.faded(samples, sample_rate), TimeMap.identity(total), ())
    cut = edges.cut(samples, sample_rate, start, end, MARGIN_SECONDS)
    first = max(0.0, start - MARGIN_SECONDS)
    time_map = TimeMap.kept([(first, min(total, first + len(cut) / sample_rate))], total)
    if longest_silence > 0:
        shortened, pauses = shorten_pauses(cut, sample_rate, longest_silence, min(KEPT_PAUSE_SECONDS, longest_silence))
        if len(shortened) < len(cut):
            cut, time_map = shortened, time_map.then(pauses)
            repairs.append("dead_air_shortened")
    return Repaired(cut, time_map, tuple(repairs))
