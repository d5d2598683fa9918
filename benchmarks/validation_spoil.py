"""Spoils correct takes in their audio, word by word, at energy minima and with crossfades."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from speech.samples import Samples

RATE = 24_000
KINDS = ("cut out", "doubled", "replaced", "extra", "babble tail", "noise tail", "cut short", "half speed")

_FADE = int(0.008 * RATE)
_SEARCH = int(0.06 * RATE)
_SHORTEST = 0.09  # seconds a listener needs to notice that a word is missing, doubled or foreign


@dataclass(frozen=True)
class Take:
    """A correct take with the words a listener hears.

    Attributes:
        samples: mono, `RATE`.
        words: spoken words without punctuation, lower case.
        edges: sample index at which each word begins, and the end of the last; at energy minima.
        voice: who speaks.
    """

    samples: Samples
    words: tuple[str, ...]
    edges: tuple[int, ...]
    voice: str

    def word(self, index: int) -> Samples:
        """Samples of one word."""
        return self.samples[self.edges[index] : self.edges[index + 1]]

    def audible(self, index: int) -> bool:
        """Whether the word's stretch is long enough to be noticed and no longer than a word can be."""
        seconds = (self.edges[index + 1] - self.edges[index]) / RATE
        return _SHORTEST <= seconds <= 1.2


def energy_edges(samples: Samples, times: Sequence[float]) -> tuple[int, ...]:
    """Sample indices of the quietest moments near the aligned word boundaries."""
    power = np.convolve(samples.astype(np.float64) ** 2, np.ones(240) / 240, "same")
    edges: list[int] = []
    for time in times:
        centre = int(time * RATE)
        first = max(centre - _SEARCH, edges[-1] if edges else 0)
        last = min(centre + _SEARCH, len(samples))
        edges.append(first + int(np.argmin(power[first:last])) if last > first else min(first, len(samples)))
    return tuple(edges)


def join(parts: Sequence[Samples]) -> Samples:
    """Concatenate with short crossfades."""
    result = np.zeros(0, np.float32)
    for part in parts:
        fade = min(_FADE, len(result), len(part))
        if fade == 0:
            result = np.concatenate((result, part))
            continue
        ramp = np.linspace(0.0, 1.0, fade, dtype=np.float32)
        mixed = result[-fade:] * (1 - ramp) + part[:fade] * ramp
        result = np.concatenate((result[:-fade], mixed, part[fade:]))
    return result


def spoil(kind: str, take: Take, others: Sequence[Take], rng: np.random.Generator) -> Samples | None:
    """The take spoiled in one way; ``None`` where this take does not lend itself to it.

    Args:
        kind: one of `KINDS` but ``half speed``, which the caller makes.
        take: correct take.
        others: takes of the same voice, for foreign words.
        rng: decides where and how.
    """
    return _SPOILERS[kind](take, others, rng)


def _pick(take: Take, rng: np.random.Generator) -> int | None:
    usable = [i for i in range(len(take.words)) if take.audible(i)]
    return int(rng.choice(usable)) if usable else None


def _cut_out(take: Take, _: Sequence[Take], rng: np.random.Generator) -> Samples | None:
    i = _pick(take, rng)
    if i is None or len(take.words) < 3:
        return None
    return join((take.samples[: take.edges[i]], take.samples[take.edges[i + 1] :]))


def _doubled(take: Take, _: Sequence[Take], rng: np.random.Generator) -> Samples | None:
    i = _pick(take, rng)
    if i is None:
        return None
    return join((take.samples[: take.edges[i + 1]], take.samples[take.edges[i] :]))


def _foreign(take: Take, near: int, others: Sequence[Take], rng: np.random.Generator) -> Samples | None:
    """A word of another sentence of the same voice, unlike the words around, at the level of its new place."""
    around = set(take.words[max(0, near - 1) : near + 2])
    for _ in range(50):
        other = others[int(rng.integers(len(others)))]
        index = _pick(other, rng)
        if index is None or other.words == take.words or other.words[index] in around:
            continue
        word = other.word(index)
        level = _rms(take.word(min(near, len(take.words) - 1))) / max(1e-6, _rms(word))
        return (word * np.clip(level, 0.5, 2.0)).astype(np.float32)
    return None


def _replaced(take: Take, others: Sequence[Take], rng: np.random.Generator) -> Samples | None:
    i = _pick(take, rng)
    word = None if i is None else _foreign(take, i, others, rng)
    if i is None or word is None:
        return None
    return join((take.samples[: take.edges[i]], word, take.samples[take.edges[i + 1] :]))


def _extra(take: Take, others: Sequence[Take], rng: np.random.Generator) -> Samples | None:
    i = int(rng.integers(len(take.words)))
    word = _foreign(take, i, others, rng)
    if word is None:
        return None
    return join((take.samples[: take.edges[i]], word, take.samples[take.edges[i] :]))


def _babble_tail(take: Take, others: Sequence[Take], rng: np.random.Generator) -> Samples | None:
    """Half of them speech from elsewhere in one piece, half a salad of syllables."""
    length = rng.uniform(0.6, 2.0)
    pieces: list[Samples] = []
    while sum(map(len, pieces)) < length * RATE:
        other = others[int(rng.integers(len(others)))]
        span = int((length if rng.random() < 0.25 else rng.uniform(0.1, 0.25)) * RATE)
        first, last = other.edges[0], max(other.edges[0] + 1, other.edges[-1] - span)
        start = int(rng.integers(first, last))
        pieces.append(other.samples[start : start + span])
    gap = np.zeros(int(rng.uniform(0.0, 0.3) * RATE), np.float32)
    return join((take.samples[: take.edges[-1]], gap, join(pieces), np.zeros(RATE // 10, np.float32)))


def _noise_tail(take: Take, _: Sequence[Take], rng: np.random.Generator) -> Samples | None:
    """White, low or humming noise, 12 to 32 dB below the speech."""
    count = int(rng.uniform(0.5, 2.0) * RATE)
    noise = rng.standard_normal(count)
    colour = rng.integers(3)
    if colour == 1:
        noise = np.convolve(noise, np.ones(12) / 12, "same")
    elif colour == 2:
        noise = np.sin(2 * np.pi * rng.uniform(80, 400) * np.arange(count) / RATE) + 0.3 * noise
    level = _rms(take.samples) * 10 ** (-rng.uniform(12, 32) / 20)
    noise = (noise / np.sqrt(np.mean(noise**2)) * level).astype(np.float32)
    gap = np.zeros(int(rng.uniform(0.0, 0.3) * RATE), np.float32)
    return join((take.samples[: take.edges[-1]], gap, noise))


def _cut_short(take: Take, _: Sequence[Take], rng: np.random.Generator) -> Samples | None:
    """Ends between two fifths of the take and the middle of its last word."""
    last = (take.edges[-2] + take.edges[-1]) / 2
    end = int(rng.uniform(0.4 * last, last))
    rest = np.zeros(int(rng.integers(2) * 0.25 * RATE), np.float32)
    return join((take.samples[:end], rest))


def _rms(samples: npt.NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2))) if len(samples) else 0.0


_SPOILERS: dict[str, Callable[[Take, Sequence[Take], np.random.Generator], Samples | None]] = {
    "cut out": _cut_out,
    "doubled": _doubled,
    "replaced": _replaced,
    "extra": _extra,
    "babble tail": _babble_tail,
    "noise tail": _noise_tail,
    "cut short": _cut_short,
}
