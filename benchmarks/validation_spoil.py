"""Spoils correct takes in their audio, word by word, at energy minima and with crossfades."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from speech.samples import Samples

RATE = 24_000
Length = tuple[float, float]
KINDS = ("cut out", "doubled", "replaced", "extra", "babble tail", "noise tail", "cut short", "half speed")

_FADE = int(0.008 * RATE)
_BLOCK = RATE // 100
_SEARCH = int(0.03 * RATE)
NOTICEABLE = (0.15, 1.2)
"""Seconds of sound of a word that is cut, doubled or spliced in, so that a listener is sure to notice."""

SLIGHT = (0.07, 0.15)
"""The same for short function words, where a listener may not."""


@dataclass(frozen=True)
class Spoiled:
    """A spoiled take and which words were touched, as phonemes."""

    samples: Samples
    note: str


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

    def sound(self, index: int) -> float:
        """Seconds of sound of one word, pauses left out."""
        power = self.word(index).astype(np.float64) ** 2
        blocks = power[: len(power) // _BLOCK * _BLOCK].reshape(-1, _BLOCK).mean(axis=1)
        return float((blocks > self.loudest * 1e-3).sum()) * _BLOCK / RATE

    @functools.cached_property
    def loudest(self) -> float:
        """Power of the loudest 10 ms."""
        power = self.samples[: len(self.samples) // _BLOCK * _BLOCK].astype(np.float64) ** 2
        return float(power.reshape(-1, _BLOCK).mean(axis=1).max())


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


def spoil(
    kind: str, take: Take, others: Sequence[Take], rng: np.random.Generator, length: Length = NOTICEABLE
) -> Spoiled | None:
    """The take spoiled in one way; ``None`` where this take does not lend itself to it.

    Args:
        kind: one of `KINDS` but ``half speed``, which the caller makes.
        take: correct take.
        others: takes of the same voice, for foreign words.
        rng: decides where and how.
        length: least and most seconds of sound of a word that is touched.
    """
    return _SPOILERS[kind](take, others, rng, length)


def _pick(take: Take, rng: np.random.Generator, length: Length) -> int | None:
    usable = [i for i in range(len(take.words)) if length[0] <= take.sound(i) <= length[1]]
    return int(rng.choice(usable)) if usable else None


def _cut_out(take: Take, _: Sequence[Take], rng: np.random.Generator, length: Length) -> Spoiled | None:
    i = _pick(take, rng, length)
    if i is None or len(take.words) < 3:
        return None
    return Spoiled(join((take.samples[: take.edges[i]], take.samples[take.edges[i + 1] :])), take.words[i])


def _doubled(take: Take, _: Sequence[Take], rng: np.random.Generator, length: Length) -> Spoiled | None:
    i = _pick(take, rng, length)
    if i is None:
        return None
    return Spoiled(join((take.samples[: take.edges[i + 1]], take.samples[take.edges[i] :])), take.words[i])


def _foreign(take: Take, near: int, others: Sequence[Take], rng: np.random.Generator, length: Length) -> Spoiled | None:
    """A word of another sentence of the same voice, unlike the words around, at the level of its new place."""
    around = set(take.words[max(0, near - 1) : near + 2])
    for _ in range(50):
        other = others[int(rng.integers(len(others)))]
        index = _pick(other, rng, length)
        if index is None or other.words == take.words or other.words[index] in around:
            continue
        word = other.word(index)
        level = _rms(take.word(min(near, len(take.words) - 1))) / max(1e-6, _rms(word))
        return Spoiled((word * np.clip(level, 0.5, 2.0)).astype(np.float32), other.words[index])
    return None


def _replaced(take: Take, others: Sequence[Take], rng: np.random.Generator, length: Length) -> Spoiled | None:
    i = _pick(take, rng, length)
    word = None if i is None else _foreign(take, i, others, rng, length)
    if i is None or word is None:
        return None
    samples = join((take.samples[: take.edges[i]], word.samples, take.samples[take.edges[i + 1] :]))
    return Spoiled(samples, f"{take.words[i]} > {word.note}")


def _extra(take: Take, others: Sequence[Take], rng: np.random.Generator, length: Length) -> Spoiled | None:
    i = int(rng.integers(len(take.words)))
    word = _foreign(take, i, others, rng, length)
    if word is None:
        return None
    samples = join((take.samples[: take.edges[i]], word.samples, take.samples[take.edges[i] :]))
    return Spoiled(samples, f"{word.note} before {take.words[i]}")


def _babble_tail(take: Take, others: Sequence[Take], rng: np.random.Generator, length: Length) -> Spoiled | None:
    """Half of them speech from elsewhere in one piece, half a salad of syllables."""
    seconds = rng.uniform(0.6, 2.0)
    pieces: list[Samples] = []
    while sum(map(len, pieces)) < seconds * RATE:
        other = others[int(rng.integers(len(others)))]
        span = int((seconds if rng.random() < 0.25 else rng.uniform(0.1, 0.25)) * RATE)
        first, last = other.edges[0], max(other.edges[0] + 1, other.edges[-1] - span)
        start = int(rng.integers(first, last))
        pieces.append(other.samples[start : start + span])
    gap = np.zeros(int(rng.uniform(0.0, 0.3) * RATE), np.float32)
    rest = np.zeros(RATE // 10, np.float32)
    return Spoiled(join((take.samples[: take.edges[-1]], gap, join(pieces), rest)), f"{len(gap) / RATE:.2f} s apart")


def _noise_tail(take: Take, _: Sequence[Take], rng: np.random.Generator, length: Length) -> Spoiled | None:
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
    return Spoiled(join((take.samples[: take.edges[-1]], gap, noise)), f"{len(gap) / RATE:.2f} s apart")


def _cut_short(take: Take, _: Sequence[Take], rng: np.random.Generator, length: Length) -> Spoiled | None:
    """Ends between two fifths of the take and the middle of its last word."""
    last = (take.edges[-2] + take.edges[-1]) / 2
    end = int(rng.uniform(0.4 * last, last))
    rest = np.zeros(int(rng.integers(2) * 0.25 * RATE), np.float32)
    return Spoiled(join((take.samples[:end], rest)), f"{(take.edges[-1] - end) / RATE:.2f} s missing")


def _rms(samples: npt.NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2))) if len(samples) else 0.0


_SPOILERS: dict[str, Callable[[Take, Sequence[Take], np.random.Generator, Length], Spoiled | None]] = {
    "cut out": _cut_out,
    "doubled": _doubled,
    "replaced": _replaced,
    "extra": _extra,
    "babble tail": _babble_tail,
    "noise tail": _noise_tail,
    "cut short": _cut_short,
}
