"""What the recogniser heard, with its doubts: sounds in order, how sure each is, and which phone it may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from speech.validation.phones.alphabet import class_phones, phone_places, phones
from speech.validation.phones.network import BLANK, FRAME_SECONDS
from speech.validation.phones.weights import Array

Floats = npt.NDArray[np.float64]

_AUDIBLE: Final = 0.03
"""Probability of any phone below which a frame is silent."""

_CERTAIN: Final = 0.999
_STUCK_SHARE: Final = 0.3
"""Of one phone among all: the recogniser was taught to hear the letter M as an endless hum, and may get stuck in it."""

_UNKNOWN_RATE: Final = 20
"""Sounds for each second that could not be heard: more than anybody speaks."""


@dataclass(frozen=True)
class Heard:
    """Sounds in order.

    Attributes:
        presence: probability that there is a phone at all, shape ``(sounds,)``.
        phones: probability of each phone if there is one, shape ``(sounds, phones)``, rows sum to 1.
        at: seconds at which each is clearest, shape ``(sounds,)``.
        unknown: where the recogniser told nothing: any phone or none, shape ``(sounds,)``.
    """

    presence: Floats
    phones: Floats
    at: Floats
    unknown: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.presence)

    @property
    def is_stuck(self) -> bool:
        """Whether the recogniser got stuck in one phone, so that this tells nothing."""
        total = float(self.presence.sum())
        return total > 0 and float(self.presence @ self.phones[:, phone_places()["m"]]) > _STUCK_SHARE * total

    def names(self) -> tuple[str, ...]:
        """The likeliest phone of each sound that is more likely there than not."""
        best = self.phones.argmax(axis=1)
        return tuple(phones()[place] for place, sure in zip(best, self.presence > 0.5, strict=True) if sure)


def heard_in(log_probabilities: Array, start: float = 0.0) -> Heard:
    """Neighbouring frames with the same likeliest phone are one sound.

    Args:
        log_probabilities: the recogniser's output, shape ``(frames, classes)``.
        start: seconds added to all times.
    """
    names = class_phones()
    spoken = [place for place, name in enumerate(names) if name and place != len(names) + BLANK]
    frames = np.zeros((len(log_probabilities), len(phones())))
    columns = [phone_places()[names[place]] for place in spoken]
    np.add.at(frames.T, columns, np.exp(log_probabilities[:, spoken].T.astype(np.float64)))
    mass = frames.sum(axis=1)
    best = np.where(mass < _AUDIBLE, -1, frames.argmax(axis=1)) if len(frames) else np.zeros(0, int)
    edges = [0, *(np.flatnonzero(np.diff(best)) + 1).tolist(), len(best)]
    runs = [slice(a, b) for a, b in pairwise(edges) if a < b and best[a] >= 0]
    if not runs:
        return joined(())
    clearest = [run.start + int(mass[run].argmax()) for run in runs]
    sums = np.array([frames[run].sum(axis=0) for run in runs])
    return Heard(
        np.minimum(mass[clearest], _CERTAIN),
        sums / sums.sum(axis=1, keepdims=True),
        start + FRAME_SECONDS * np.array(clearest, float),
        np.zeros(len(runs), np.bool_),
    )


def unheard(seconds: float, start: float = 0.0) -> Heard:
    """A stretch of which nothing is known."""
    count = max(1, round(seconds * _UNKNOWN_RATE))
    even = np.full((count, len(phones())), 1 / len(phones()))
    return Heard(np.full(count, 0.5), even, start + np.arange(count) / _UNKNOWN_RATE, np.ones(count, np.bool_))


def joined(parts: Sequence[Heard]) -> Heard:
    """One after the other."""
    if not parts:
        return Heard(np.zeros(0), np.zeros((0, len(phones()))), np.zeros(0), np.zeros(0, np.bool_))
    return Heard(
        np.concatenate([part.presence for part in parts]),
        np.concatenate([part.phones for part in parts]),
        np.concatenate([part.at for part in parts]),
        np.concatenate([part.unknown for part in parts]),
    )
