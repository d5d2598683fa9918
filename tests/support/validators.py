"""A validator whose verdicts are written down beforehand."""

import threading
import time
from collections.abc import Callable

from speech.engines.protocol import ProgressReport
from speech.samples import Samples
from speech.validation.protocol import Check, Expected, Transcript, Word


class ScriptedValidator:
    """Calls `verdict(expected, number)` for each take, `number` counting from 0 over all takes."""

    name = "scripted"
    languages = ("en", "de")

    def __init__(self, verdict: Callable[[Expected, int], Check]) -> None:
        self._verdict = verdict
        self._lock = threading.Lock()
        self.seen: list[Expected] = []
        self.loads = 0

    def load(self, report: ProgressReport | None = None) -> None:
        self.loads += 1

    def unload(self) -> None:
        pass

    def check(
        self,
        samples: Samples,
        sample_rate: int,
        expected: Expected,
        *,
        threshold: float | None = None,
        transcribe: bool = False,
    ) -> Check:
        with self._lock:
            self.seen.append(expected)
            return self._verdict(expected, len(self.seen) - 1)


def scores(*values: float, passing: float = 0.5) -> ScriptedValidator:
    """Gives the scores in turn, the last one for ever; `passing` and above passes."""

    def verdict(expected: Expected, number: int) -> Check:
        score = values[min(number, len(values) - 1)]
        return Check(score >= passing, score, "forced")

    return ScriptedValidator(verdict)


class ListeningValidator(ScriptedValidator):
    """Hears the given texts, one in each window and the last one for ever, each spread evenly over its window.

    Args:
        said: by window.
        delay: seconds that it listens to a window.
    """

    def __init__(self, *said: str, delay: float = 0.0) -> None:
        super().__init__(lambda expected, number: Check(True, 1.0, "forced"))
        self._said = said
        self._delay = delay
        self.windows: list[tuple[float, str]] = []

    def detect_language(self, samples: Samples, sample_rate: int) -> str:
        return "de"

    def transcribe(self, samples: Samples, sample_rate: int, language: str) -> Transcript:
        time.sleep(self._delay)
        text = self._said[min(len(self.windows), len(self._said) - 1)]
        seconds = len(samples) / sample_rate
        self.windows.append((seconds, language))
        words = text.split()
        each = seconds / max(1, len(words))
        return Transcript(text, tuple(Word(word, i * each, (i + 0.8) * each, 0.5) for i, word in enumerate(words)))
