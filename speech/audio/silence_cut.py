"""Cuts silent stretches out of speech by the rule of auto-editor, which the ancestor program called for this."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from exceptions import InvalidRequestError
from speech.audio.splice import splice
from speech.audio.timeline import TimeMap
from speech.samples import Samples

FRAMES_PER_SECOND = 30
"""auto-editor looks at audio in the frames of a video; it takes 30 a second where there is none."""
SHORTEST_CUT_FRAMES = 6
"""auto-editor's `mincut`: silence shorter than this (0.2 s) stays."""
SHORTEST_CLIP_FRAMES = 3
"""auto-editor's `minclip`: sound shorter than this (0.1 s) counts as silence, being a click rather than a word."""
THRESHOLD = 0.06
"""The ancestor's default; auto-editor's own is 0.04. Relative to full scale, -24 dB."""
MARGIN_SECONDS = 0.2
LONGEST_MARGIN_SECONDS = 2.0


def cut_silence(
    samples: Samples, sample_rate: int, threshold: float = THRESHOLD, margin: float = MARGIN_SECONDS
) -> tuple[Samples, TimeMap]:
    """Keep what is loud, with a margin around it, and join it.

    A frame of 1/30 s is loud if its greatest absolute sample reaches the threshold. Loud stretches of fewer than
    three frames become silent, then silent ones of fewer than six loud, then the loud ones grow by the margin,
    rounded to frames: the order of auto-editor. If nothing is loud, everything is kept.

    Args:
        samples: speech, shape ``(n,)``.
        sample_rate: in Hz.
        threshold: 0 to 1 of full scale.
        margin: seconds kept before and after loud stretches, 0 to 2.

    Returns:
        the kept parts, crossfaded over 5 ms at each join, and where moments went.

    Raises:
        InvalidRequestError: threshold or margin out of range.
    """
    if not 0 <= threshold <= 1:
        raise InvalidRequestError("The loudness threshold of the silence cut must be from 0 to 1.")
    if not 0 <= margin <= LONGEST_MARGIN_SECONDS:
        raise InvalidRequestError(f"The margin of the silence cut must be from 0 to {LONGEST_MARGIN_SECONDS:g} s.")
    count = math.ceil(len(samples) * FRAMES_PER_SECOND / sample_rate)
    bounds = np.minimum(np.round(np.arange(count + 1) * sample_rate / FRAMES_PER_SECOND).astype(int), len(samples))
    count = int(np.count_nonzero(np.diff(bounds)))
    bounds = bounds[: count + 1]
    loud = np.array([np.abs(samples[a:b]).max() >= threshold for a, b in pairwise(bounds)], bool)
    loud = _without_short(loud, True, SHORTEST_CLIP_FRAMES)
    if not loud.any():
        return samples, TimeMap.identity(len(samples) / sample_rate)
    loud = _without_short(loud, False, SHORTEST_CUT_FRAMES)
    loud = _widened(loud, round(margin * FRAMES_PER_SECOND))
    if loud.all():
        return samples, TimeMap.identity(len(samples) / sample_rate)
    return splice(samples, sample_rate, [(int(bounds[a]), int(bounds[b])) for a, b, kept in _runs(loud) if kept])


def _runs(flags: npt.NDArray[np.bool_]) -> list[tuple[int, int, bool]]:
    """Stretches of equal flags: first index, the one after the last, and the flag."""
    changes = [0, *(np.nonzero(np.diff(flags))[0] + 1).tolist(), len(flags)]
    return [(a, b, bool(flags[a])) for a, b in pairwise(changes)]


def _without_short(flags: npt.NDArray[np.bool_], kind: bool, shortest: int) -> npt.NDArray[np.bool_]:
    result: npt.NDArray[np.bool_] = flags.copy()
    if len(flags):
        for start, end, flag in _runs(flags):
            if flag == kind and end - start < shortest:
                result[start:end] = not kind
    return result


def _widened(flags: npt.NDArray[np.bool_], frames: int) -> npt.NDArray[np.bool_]:
    result: npt.NDArray[np.bool_] = flags.copy()
    for start, end, flag in _runs(flags):
        if flag:
            result[max(0, start - frames) : end + frames] = True
    return result
