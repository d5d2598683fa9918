"""Cuts a take down to its true words: silence at the edges goes, and so does what was invented after the text."""

from __future__ import annotations

from speech.audio import edges
from speech.samples import Samples
from speech.validation.protocol import Check

MARGIN_SECONDS = 0.05
"""Kept on both sides of the speech: the release of a final plosive lasts 30 to 40 ms."""
HEAD_TOLERANCE_SECONDS = 0.3
"""Alignment places a first word up to 0.2 s late; only sound that starts earlier than this is no part of it."""
HEAD_MARGIN_SECONDS = 0.15


def trim_to_speech(samples: Samples, sample_rate: int, check: Check | None) -> tuple[Samples, float]:
    """Cut to the speech, with faded edges.

    With word times the end is that of the last true word, however loud the rest is; without, only silence is
    cut.

    Returns:
        the cut take, and how many seconds were removed at its front.
    """
    start, end = edges.sound_bounds(samples, sample_rate)
    if check is not None and check.words:
        if check.speech_start - start > HEAD_TOLERANCE_SECONDS:
            start = check.speech_start - HEAD_MARGIN_SECONDS
        if check.speech_end is not None:
            end = min(end, check.speech_end)
    if end <= start:
        return edges.faded(samples, sample_rate), 0.0
    return (
        edges.cut(samples, sample_rate, start, end, MARGIN_SECONDS),
        max(0.0, start - MARGIN_SECONDS),
    )
