"""A backend that "hears" what a script says was spoken: each word a tone of a fixed length, for fast tests."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from speech.engines.protocol import ProgressReport
from speech.samples import Samples
from speech.validation.backend import SAMPLE_RATE, Tokens, TokenScores

WORD_SECONDS = 0.3
GAP_SECONDS = 0.05
LEAD_SECONDS = 0.25
STEP = WORD_SECONDS + GAP_SECONDS


def speak(words: str, pauses: dict[int, float] | None = None, tail: float = 0.4) -> Samples:
    """Tones for `words`, with longer pauses before the words of some indices; pitch tells the words apart."""
    parts = [np.zeros(int(LEAD_SECONDS * SAMPLE_RATE))]
    for index, _ in enumerate(words.split()):
        time = np.arange(int(WORD_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
        pause = (pauses or {}).get(index, GAP_SECONDS if index else 0.0)
        parts += [np.zeros(int(pause * SAMPLE_RATE)), 0.3 * np.sin(2 * np.pi * (200 + index) * time)]
    return np.concatenate([*parts, np.zeros(int(tail * SAMPLE_RATE))]).astype(np.float32)


@dataclass(frozen=True)
class ScriptedEncoding:
    seconds: float
    words: tuple[tuple[str, float, float], ...]


class ScriptedBackend:
    """Reads the words of a take off its tones and the script.

    Args:
        said: what was really spoken, the same for every take.
        mishears: words that it transcribes otherwise.
    """

    name = "scripted"
    model = "scripted"
    languages = ("en",)

    def __init__(self, said: str, mishears: dict[str, str] | None = None) -> None:
        self.said = said.split()
        self.mishears = mishears or {}
        self.loads = self.scores = self.decodes = 0

    def load(self, report: ProgressReport | None = None) -> None:
        self.loads += 1

    def unload(self) -> None:
        self.loads = 0

    def tokenize(self, text: str) -> Tokens:
        ids, spans, at = [], [], 0
        for word in text.split():
            start = text.index(word, at)
            at = start + len(word)
            spans.append((max(0, start - 1), at))
            ids.append(self._number(word))
        return Tokens(tuple(ids), tuple(spans))

    def encode(self, samples: Samples) -> ScriptedEncoding:
        assert len(samples) <= 30 * SAMPLE_RATE
        words = []
        for start, end in _tones(samples):
            pitch = np.abs(np.fft.rfft(samples[start:end] * np.hanning(end - start), SAMPLE_RATE)).argmax()
            words.append((self.said[int(pitch) - 200], start / SAMPLE_RATE, end / SAMPLE_RATE))
        return ScriptedEncoding(len(samples) / SAMPLE_RATE, tuple(words))

    def score(self, encoding: ScriptedEncoding, texts: Sequence[Sequence[int]], language: str) -> list[TokenScores]:
        self.scores += 1
        return [self._score(encoding, text) for text in texts]

    def _score(self, encoding: ScriptedEncoding, tokens: Sequence[int]) -> TokenScores:
        heard = list(encoding.words)
        log_probabilities, times, at = [], [], 0.0
        for token in tokens:
            here = next((i for i, word in enumerate(heard[:2]) if self._number(word[0]) == token), None)
            log_probabilities.append({None: -5.0, 0: -0.02, 1: -2.0}[here])
            if here is not None:
                times.append(heard[here][1])
                at = heard[here][2]
                del heard[: here + 1]
            else:
                times.append(at)
        return TokenScores(np.array(log_probabilities), np.array([*times, at]))

    def decode(self, encoding: ScriptedEncoding, language: str, max_tokens: int) -> str:
        self.decodes += 1
        return " ".join(self.mishears.get(word, word) for word, _, _ in encoding.words) + "."

    def detect_language(self, encoding: ScriptedEncoding) -> str:
        return "en"

    @staticmethod
    def _number(word: str) -> int:
        return int.from_bytes(word.strip(".,?!").lower().encode(), "big")


def _tones(samples: Samples) -> list[tuple[int, int]]:
    loud = np.convolve(np.abs(samples), np.ones(160) / 160, "same") > 0.05
    edges = np.flatnonzero(np.diff(np.concatenate(([0], loud.astype(int), [0]))))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2) if b - a > 800]
