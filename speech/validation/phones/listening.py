"""Listens to a stretch of speech with the phone recogniser, in smaller pieces where it gets stuck."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from speech.samples import Samples
from speech.validation.phones.alignment import Alignment, align
from speech.validation.phones.costs import learnt_costs
from speech.validation.phones.expected import ExpectedWord
from speech.validation.phones.heard import Heard, heard_in, joined, unheard
from speech.validation.phones.network import SAMPLE_RATE, PhoneNetwork

_SHORTEST: Final = 0.8
"""Seconds of a piece below which it is not cut again."""

_MOST_UNKNOWN: Final = 0.6
"""Share of sounds that could not be heard from which the rest is not worth an opinion."""


def hear_phones(network: PhoneNetwork, samples: Samples, start: float = 0.0) -> Heard:
    """The phones of a stretch.

    Where the recogniser gets stuck, it hears both halves by themselves: what it is stuck in is short, but spoils all
    around it.

    Args:
        network: the recogniser.
        samples: mono at its sample rate.
        start: seconds added to all times.
    """
    heard = heard_in(network.log_probabilities(samples), start)
    if not heard.is_stuck:
        return heard
    if len(samples) < _SHORTEST * SAMPLE_RATE:
        return unheard(len(samples) / SAMPLE_RATE, start)
    middle = _quietest(samples)
    return joined(
        (
            hear_phones(network, samples[:middle], start),
            hear_phones(network, samples[middle:], start + middle / SAMPLE_RATE),
        )
    )


def _quietest(samples: Samples) -> int:
    """The quietest place in the middle third."""
    first, last = len(samples) // 3, 2 * len(samples) // 3
    width = SAMPLE_RATE // 50
    power = np.convolve(samples[first:last].astype(np.float64) ** 2, np.ones(width), "same")
    return first + int(power[width // 2 : -width // 2].argmin()) + width // 2


def follow(words: Sequence[ExpectedWord], heard: Heard) -> Alignment | None:
    """Align with the costs learnt from correct takes; ``None`` where the recogniser could not follow."""
    if not words or not len(heard) or heard.unknown.mean() > _MOST_UNKNOWN:
        return None
    return align([word.pronunciations for word in words], heard, learnt_costs())
